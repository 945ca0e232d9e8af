/** A picture of a camera, fetched from its gateway while somebody waits. */
import { requestPicture } from "./http";

/** Why nobody can be made out in it: the account may not see persons, or the gateway keeps it so. */
export type Masked = "no" | "role" | "gateway";

/** `url` is the picture itself (`data:`); `at` is when it was taken (microseconds). */
export interface Picture {
  url: string;
  at: number;
  masked: Masked;
}

/** Fetch a picture; throws `ApiError` (`picture_gone`, `gateway_offline`, `picture_late` ...) after 15 s at most. */
export async function fetchPicture(gateway: string, reference: string): Promise<Picture> {
  const { url, headers } = await requestPicture(`/pictures/${encodeURIComponent(gateway)}/${encodeURIComponent(reference)}`);
  const masked = headers.get("Linli-Masked");
  return { url, at: Number(headers.get("Linli-Taken-At") ?? 0), masked: masked === "role" || masked === "gateway" ? masked : "no" };
}
