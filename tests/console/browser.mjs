// Starts Chromium from an npm package that contains its libraries and a font. The package supports only Linux on
// x86-64. On other systems, set CHROMIUM to the path of another Chromium.

// The package unpacks its libraries only on AWS Lambda. It reads this variable when it is loaded.
process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs22.x";

const { default: bundled } = await import("@sparticuz/chromium");
const { chromium } = await import("playwright-core");

/** Starts a browser with additional command-line switches. `close()` ends it. */
export async function start(args = []) {
  if (!process.env.CHROMIUM && (process.platform !== "linux" || process.arch !== "x64")) {
    throw new Error("npm's Chromium runs only on Linux on x86-64. Set CHROMIUM to the path of another Chromium.");
  }
  // Do not use the switches that the package recommends: they save memory, but turn off the isolation of sites.
  const executablePath = process.env.CHROMIUM ?? (await bundled.executablePath());
  return chromium.launch({ executablePath, headless: true, args });
}

/** Common screen sizes. */
export const SCREENS = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};
