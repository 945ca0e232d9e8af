/** Whether the screen is a phone's: what needs another structure there, not only another style, asks this. */
import { readonly, ref } from "vue";

const phone = matchMedia("(max-width: 760px)");
const is = ref(phone.matches);
phone.addEventListener("change", () => (is.value = phone.matches));

/** True on a screen as narrow as a phone's. */
export const narrow = readonly(is);
