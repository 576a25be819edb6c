/**
 * Contrast of colours after WCAG 2.2: (L1 + 0.05) / (L2 + 0.05), L the relative luminance of the lighter and the darker.
 *
 * @module
 */

/** Returns the contrast of two colours `#rrggbb` or `#rgb`, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** Returns the colour that a half transparent colour `#rrggbbaa` has over an opaque one. */
export function over(colour: string, ground: string): string {
  const alpha = parseInt(colour.slice(7, 9), 16) / 255;
  const [top, under] = [channels(colour), channels(ground)];
  const mixed = top.map((value, i) => Math.round(value * alpha + under[i] * (1 - alpha)));
  return `#${mixed.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function channels(colour: string): number[] {
  const hex = colour.length === 4 ? colour.replace(/[\da-f]/gi, "$&$&") : colour;
  if (!/^#[\da-f]{6}/i.test(hex)) throw new Error(`not a colour: ${colour}`);
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

function luminance(colour: string): number {
  const [r, g, b] = channels(colour).map((byte) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
