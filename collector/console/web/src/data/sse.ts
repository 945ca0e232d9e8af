/** The collector's event stream, read with fetch so that `Last-Event-ID`, a refusal and silence are all in our hands. */
import { ApiError, sessionEnded } from "./http";

/** One event of the stream; `data` is decoded JSON. */
export interface Frame {
  id: string;
  event: string;
  data: unknown;
}

/** Cuts a text stream into events as the HTML standard's "server-sent events" chapter describes. */
export class FrameParser {
  private rest = "";
  private id = "";

  /** Take a piece of the stream; return the events that it completed. Events whose data is no JSON are left out. */
  feed(piece: string): Frame[] {
    const blocks = (this.rest + piece).replace(/\r\n/g, "\n").split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => this.frame(block));
  }

  private frame(block: string): Frame[] {
    let event = "message";
    const data: string[] = [];
    for (const line of block.split("\n")) {
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "id") this.id = value;
      else if (field === "event") event = value;
      else if (field === "data") data.push(value);
    }
    if (!data.length) return [];
    try {
      return [{ id: this.id, event, data: JSON.parse(data.join("\n")) as unknown }];
    } catch {
      return [];
    }
  }
}

export interface StreamListener {
  opened(): void;
  frame(frame: Frame): void;
}

/** Read the stream until it ends, `signal` aborts or the network fails (both throw). `lastId` asks for a replay. */
export async function readStream(listener: StreamListener, lastId: string, signal: AbortSignal): Promise<void> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (lastId) headers["Last-Event-ID"] = lastId;
  const response = await fetch("/api/v1/stream", { headers, signal, credentials: "same-origin", cache: "no-store" });
  if (response.status === 401) sessionEnded();
  if (!response.ok || !response.body) throw new ApiError(response.status, "stream_refused");
  listener.opened();
  const parser = new FrameParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const frame of parser.feed(value)) listener.frame(frame);
  }
}
