"""The console in a real browser: Debian's Chromium, driven page by page against a fake collector."""
