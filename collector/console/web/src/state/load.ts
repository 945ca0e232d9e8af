/** Fetches what a page shows, again whenever the live stream could not replay a gap; late answers of an older ask lose. */
import { ref, shallowRef, watch, type Ref } from "vue";
import { ApiError } from "@/data/http";
import { reloadCount, whenOpened } from "./live";

export interface Loaded<T> {
  data: Ref<T | null>;
  error: Ref<ApiError | null>;
  loading: Ref<boolean>;
  reload: () => Promise<void>;
}

/** Load now, and again on `reload` or when `when` changes. `data` keeps the last good answer while a newer one fails. */
export function useLoad<T>(ask: () => Promise<T>, when: () => unknown = () => null): Loaded<T> {
  const data = ref(null) as Ref<T | null>;
  const error = shallowRef<ApiError | null>(null);
  const loading = ref(true);
  let turn = 0;

  async function reload(): Promise<void> {
    const mine = ++turn;
    loading.value = true;
    try {
      await whenOpened();
      const answer = await ask();
      if (mine !== turn) return;
      data.value = answer;
      error.value = null;
    } catch (reason) {
      if (mine !== turn) return;
      if (!(reason instanceof ApiError)) throw reason;
      error.value = reason;
    } finally {
      if (mine === turn) loading.value = false;
    }
  }

  watch([reloadCount, when], () => void reload(), { immediate: true });
  return { data, error, loading, reload };
}
