/** The shape of each alert level: whoever cannot tell the colours can still tell these. */
import type { Level } from "@/data/alerts";

export const SHAPES: Record<Level, string> = { red: "◆", orange: "▲", yellow: "●", blue: "■" };
