/** Who sits at this screen: the session, what the person may do, and the way in and out. */
import { computed, shallowRef } from "vue";
import { ApiError } from "@/data/http";
import { currentSession, logIn, logOut, type Session } from "@/data/session";
import { startLive, stopLive } from "./live";

export const session = shallowRef<Session | null>(null);

/** True for those who may acknowledge alerts and send commands. */
export const mayAct = computed(() => ["admin", "operator"].includes(session.value?.user.role ?? ""));
/** The one community whose lists somebody manages; empty for those who have none or all. */
export const community = computed(() => session.value?.user.community ?? "");
/** True for those who may see and change plate lists. */
export const mayList = computed(() => mayAct.value || community.value !== "");
export const isAdmin = computed(() => session.value?.user.role === "admin");

function enter(found: Session): void {
  session.value = found;
  startLive();
}

/** Log in; throws `ApiError`. */
export async function signIn(name: string, password: string): Promise<void> {
  enter(await logIn(name, password));
}

/** Find out whether a session is still good (page reload). Returns false where the person must log in. */
export async function resume(): Promise<boolean> {
  if (session.value) return true;
  try {
    enter(await currentSession());
    return true;
  } catch (reason) {
    if (reason instanceof ApiError) return false;
    throw reason;
  }
}

/** Forget the session on this screen. */
export function leave(): void {
  session.value = null;
  stopLive();
}

/** Log out at the collector, and here even where the collector cannot be reached. */
export async function signOut(): Promise<void> {
  try {
    await logOut();
  } catch (reason) {
    if (!(reason instanceof ApiError)) throw reason;
  } finally {
    leave();
  }
}
