/** Why something did not work, in English, by the collector's word for it. */
import { listError } from "./enLists";
import type zhErrors from "./zhErrors";

const error: Record<keyof typeof zhErrors, string> = {
  unreachable: "the collector cannot be reached, check the network",
  garbled_answer: "the collector's answer makes no sense",
  wrong_login: "Wrong user name or password",
  locked: "Too many failures: the account is locked, try again in {wait}",
  not_logged_in: "Your session is over, log in again",
  not_allowed: "Your account may not do this",
  no_such_device: "No such device",
  no_such_gateway: "No such gateway",
  no_such_alert: "No such alert",
  already_acknowledged: "Somebody has already acknowledged this alert",
  set_aside: "This alert is shelved or suppressed and cannot be acknowledged now",
  not_open: "This alert is closed already",
  not_shelved: "This alert is not shelved",
  still_standing: "Its condition still holds: it cannot be reset",
  not_latched: "This alert needs no reset",
  not_aside: "It is back already",
  too_long: "The stretch of time is too long",
  gateway_offline: "The gateway is offline: the command was not taken",
  bad_argument: "An argument is wrong, please check",
  reason_missing: "Give a reason",
  unknown_command: "The device does not know this command",
  bad_request: "Something is filled in wrongly, please check",
  invalid: "Something is filled in wrongly, please check",
  ...listError,
  bad_name: "Only lower-case letters, digits and inner dashes, 63 at most",
  no_such_command: "No such command",
  not_found: "Not found",
  too_large: "Too large",
  store_unavailable: "The database cannot do this now, try again soon",
  internal: "The collector failed; see its log",
  http_500: "The collector failed; see its log",
  http_502: "The collector is not running",
  http_503: "The collector is busy, try again soon",
};

export default error;
