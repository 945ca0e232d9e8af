/** Starts the console: language, router, the one frame. */
import { createApp } from "vue";
import App from "./App.vue";
import { i18n, language, setLanguage } from "./i18n";
import { router } from "./router";
import "./style/elements";
import "./style/base.css";
import "./style/tables.css";

setLanguage(language.value);
createApp(App).use(i18n).use(router).mount("#app");
