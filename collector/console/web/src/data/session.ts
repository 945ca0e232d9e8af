/** Who is logged in: log in, ask, log out. */
import { request } from "./http";

export type Role = "admin" | "operator" | "manager" | "viewer";

/** `community` is the gateway of the community that a manager has. */
export interface Session {
  user: { name: string; role: Role; community: string };
  collector: { name: string; version: string };
}

/** Log in; throws `ApiError` `wrong_login` or `locked` (with `waitS`). */
export function logIn(name: string, password: string): Promise<Session> {
  return request("POST", "/session", { name, password });
}

/** Return the present session; throws `ApiError` `not_logged_in`. */
export function currentSession(): Promise<Session> {
  return request("GET", "/session");
}

export function logOut(): Promise<void> {
  return request("DELETE", "/session");
}
