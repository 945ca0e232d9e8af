/** Lines of the audit trail in people's words: devices and commands by name, numbers that say nothing left out. */
import type { AuditEntry } from "@/data/audit";
import type { Device } from "@/data/devices";
import { language, wordsOr } from ".";
import { byWords } from "./sentences";

const COMMAND = /^(\w+)(?: (?:rule-)?[0-9a-f]{24,32})?(?::? (.*))?$/s;

const ALARM_DEEDS = ["acknowledge", "shelve", "unshelve", "reset", "dispose"];
const DISPOSED = /(?:^|\s)(real|false|test|drill|duplicate|device_fault)$/;

/** A person's note, and what the alarm was in words. */
function alarmWords(detail: string): string {
  const was = DISPOSED.exec(detail)?.[1];
  if (!was) return detail;
  return [wordsOr(`disposition.${was}`, was), detail.replace(DISPOSED, "")].filter(Boolean).join(" · ");
}

function deviceOf(entry: AuditEntry, devices: Device[]): Device | undefined {
  return devices.find((one) => `${one.gateway}/${one.id}` === entry.target);
}

/** What it was done to: the device's name where it is one. */
export function targetWords(entry: AuditEntry, devices: Device[]): string {
  return deviceOf(entry, devices)?.name || entry.target;
}

/** How it went: a state of a command or alert, or a word of its own; unknown words as they are. */
export function resultWords(entry: AuditEntry): string {
  const otherwise = wordsOr(`alertState.${entry.result}`, entry.result);
  return wordsOr(`deedResult.${entry.result}`, wordsOr(`commandState.${entry.result}`, otherwise));
}

/** Who did it: a person, a rule, a gateway, or one of the programs. */
export function whoWords(entry: AuditEntry): string {
  return wordsOr(`deed.${entry.who}`, byWords(entry.who));
}

/** The rest: a command's name and reason, an acknowledgement's note. */
export function detailWords(entry: AuditEntry, devices: Device[]): string {
  if (ALARM_DEEDS.includes(entry.what)) return alarmWords(entry.detail.replace(/^[\w-]+:\s*/, ""));
  if (entry.what === "escalate") return wordsOr(`level.${entry.detail.split(": ")[1]}`, entry.detail);
  if (!entry.what.startsWith("command")) return wordsOr(`role.${entry.detail}`, entry.detail);
  const [, name = "", rest = ""] = COMMAND.exec(entry.detail) ?? [];
  if (!name) return entry.detail;
  const known = deviceOf(entry, devices)?.commands.find((one) => one.name === name);
  const words = known?.text[language.value] ?? name;
  const [first = "", ...others] = rest.split(" ");
  const why = wordsOr(`reason.${first}`, "");
  const tail = why ? why : [first, ...others].join(" ");
  return tail ? `${words}${language.value === "zh" ? "：" : ": "}${tail}` : words;
}
