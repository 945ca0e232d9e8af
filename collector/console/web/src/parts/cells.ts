/** How a cell of the completeness ledger looks: its classes and the few signs in it. */
import type { Cell } from "@/data/ledger";
import { percent, share, shade } from "@/format/share";

/** The shade of what came; an hour that is not final is hatched instead, whatever came so far. */
export function cellLook(cell: Cell): string[] {
  const look = [cell.unfinished ? "open" : shade(cell.counts && share(cell.counts))];
  return cell.estimated ? [...look, "estimated"] : look;
}

/** The per cent that came where something is missing for good; empty where all came or nothing is known. */
export function cellSign(cell: Cell): string {
  const part = cell.counts && share(cell.counts);
  return cell.unfinished || part === null || part === 1 ? "" : String(percent(part));
}
