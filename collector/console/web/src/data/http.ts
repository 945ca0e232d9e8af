/** The one place that speaks HTTP to the collector: JSON in, JSON out, and one error that carries the collector's word. */

const BASE = "/api/v1";

/** A request that did not succeed. `status` is 0 and `word` `unreachable` where no answer came at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly word: string,
    readonly detail = "",
    readonly waitS = 0,
  ) {
    super(`${status} ${word}`);
  }
}

let signedOut: () => void = () => {};

/** Call `then` whenever the collector says that nobody is logged in (any more). */
export function whenSignedOut(then: () => void): void {
  signedOut = then;
}

/** Tell the rest of the console that the session is over; for the stream, which does not go through `request`. */
export function sessionEnded(): void {
  signedOut();
}

/** Return `?a=1&b=2` of the entries that hold something, or an empty string. */
export function query(values: Record<string, string | number | undefined | null>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== "") params.set(key, String(value));
  }
  const text = params.toString();
  return text ? `?${text}` : "";
}

async function failure(response: Response): Promise<ApiError> {
  let body: { error?: unknown; detail?: unknown; wait_s?: unknown } = {};
  try {
    body = (await response.json()) as typeof body;
  } catch {
    // Not JSON: a proxy answered in the collector's place.
  }
  const word = typeof body.error === "string" ? body.error : `http_${response.status}`;
  const detail = typeof body.detail === "string" ? body.detail : "";
  return new ApiError(response.status, word, detail, typeof body.wait_s === "number" ? body.wait_s : 0);
}

async function answered(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(BASE + path, init);
  } catch {
    throw new ApiError(0, "unreachable");
  }
  if (response.ok) return response;
  const error = await failure(response);
  if (error.status === 401 && error.word === "not_logged_in") signedOut();
  throw error;
}

/** Ask the collector; `path` begins after `/api/v1`. Resolves to the decoded body (undefined for 204). Throws `ApiError`. */
export async function request<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin", headers: { Accept: "application/json" } };
  if (method !== "GET") {
    init.headers = { Accept: "application/json", "Content-Type": "application/json" };
    init.body = JSON.stringify(body ?? {});
  }
  const response = await answered(path, init);
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw new ApiError(response.status, "garbled_answer");
  }
}

/** Ask the collector for a picture: it as `data:`, which the page's policy allows, and what stands beside it. */
export async function requestPicture(path: string): Promise<{ url: string; headers: Headers }> {
  const response = await answered(path, { credentials: "same-origin", headers: { Accept: "image/jpeg" } });
  if (response.headers.get("Content-Type") !== "image/jpeg") throw new ApiError(response.status, "garbled_answer");
  const blob = await response.blob();
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new ApiError(response.status, "garbled_answer"));
    reader.readAsDataURL(blob);
  });
  return { url, headers: response.headers };
}
