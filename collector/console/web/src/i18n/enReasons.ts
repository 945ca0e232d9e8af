/** Why a command came to nothing and what ails a device, in English, by the gateway's word for it. */
import type * as zh from "./zhReasons";

export const reason: Record<keyof typeof zh.reason, string> = {
  device_offline: "device offline",
  no_such_device: "the gateway has no such device",
  not_supported: "the device cannot do this",
  misconfigured: "the device is misconfigured",
  interlocked: "a safety interlock forbids it",
  replayed: "the command was seen before",
  bad_signature: "wrong signature",
  expired: "expired",
  restarted: "the gateway restarted meanwhile",
  driver_bug: "an error in the gateway's program",
  line_lost: "the line is down",
  timeout: "no answer from the device",
  corrupt: "garbled answer",
  device_refused: "the device refused",
  answer_lost: "the device's answer was lost",
  no_outcome: "the gateway reported no outcome",
  gateway_silent: "the gateway reported no outcome",
  none: "no reason given",
};

/** With what to look at first. */
export const trouble: Record<keyof typeof zh.trouble, string> = {
  timeout: "no answer; check the device's power, wiring and address",
  corrupt: "garbled answers; check the wiring, baud rate and parity",
  line_lost: "the line is down; check the network cable, serial cable or converter",
  device_refused: "the device refuses to be read; check its model",
  misconfigured: "the configuration does not fit the device; check the gateway's file",
  not_supported: "the gateway cannot work with this device; check the model in the file",
  driver_bug: "an error in the gateway's program; see its log",
};
