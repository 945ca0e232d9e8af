/** Which address shows which page; everything but the login asks for a session first. */
import { createRouter, createWebHistory } from "vue-router";
import { whenSignedOut } from "./data/http";
import { i18n } from "./i18n";
import { leave, resume } from "./state/session";

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", redirect: "/gateways" },
    { path: "/login", name: "login", component: () => import("./pages/LoginPage.vue"), meta: { open: true } },
    { path: "/gateways", name: "gateways", component: () => import("./pages/GatewaysPage.vue") },
    { path: "/gateways/:gateway", name: "gateway", component: () => import("./pages/GatewayPage.vue"), props: true },
    { path: "/devices", name: "devices", component: () => import("./pages/DevicesPage.vue") },
    { path: "/devices/:gateway/:id", name: "device", component: () => import("./pages/DevicePage.vue"), props: true },
    { path: "/alerts", name: "alerts", component: () => import("./pages/AlertsPage.vue") },
    { path: "/alerts/performance", name: "performance", component: () => import("./pages/PerformancePage.vue") },
    { path: "/lists", name: "lists", component: () => import("./pages/ListsPage.vue") },
    { path: "/audit", name: "audit", component: () => import("./pages/AuditPage.vue") },
    { path: "/:rest(.*)*", name: "lost", component: () => import("./pages/LostPage.vue") },
  ],
  scrollBehavior: (_to, _from, kept) => kept ?? { top: 0 },
});

router.beforeEach(async (to) => {
  if (to.meta.open) return true;
  if (await resume()) return true;
  return { name: "login", query: to.fullPath === "/gateways" ? {} : { next: to.fullPath } };
});

router.afterEach((to) => {
  const name = { gateway: "gateways", device: "devices" }[String(to.name)] ?? String(to.name);
  document.title = `${i18n.global.t(`page.${name}`)} · ${i18n.global.t("app.name")}`;
});

whenSignedOut(() => {
  leave();
  const at = router.currentRoute.value;
  if (at.name !== "login" && at.matched.length) void router.push({ name: "login", query: { next: at.fullPath } });
});
