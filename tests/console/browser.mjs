// A real Chromium: the one that npm carries, with the libraries and the font that it needs, so that no machine has to have
// one. Where npm's does not run (it is built for Linux on x86-64), CHROMIUM names another.

// What makes the package bring its libraries along; it looks when it is loaded.
process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs22.x";

const { default: bundled } = await import("@sparticuz/chromium");
const { chromium } = await import("playwright-core");

/** Starts a browser, with these switches besides; it ends with `close()`. */
export async function start(args = []) {
  if (!process.env.CHROMIUM && (process.platform !== "linux" || process.arch !== "x64")) {
    throw new Error("npm's Chromium runs on Linux on x86-64 alone: set CHROMIUM to the path of one of your own.");
  }
  // Without the switches that the package recommends: they are for machines that have no room, and take away what keeps a
  // page from others' data.
  const executablePath = process.env.CHROMIUM ?? (await bundled.executablePath());
  return chromium.launch({ executablePath, headless: true, args });
}

/** The screens that people have. */
export const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};
