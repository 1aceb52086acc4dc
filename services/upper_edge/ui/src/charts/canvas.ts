// Canvases that are as sharp as the screen.

/** The pen of an emptied canvas, in pixels of the page; made as tall as asked for, or as its style says. null while not shown. */
export function sized(canvas: HTMLCanvasElement, wanted?: number): CanvasRenderingContext2D | null {
  if (wanted != null) canvas.style.height = `${wanted}px`;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const pen = width > 0 ? canvas.getContext("2d") : null;
  if (!pen) return null;
  const scale = devicePixelRatio;
  const [wide, tall] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide || canvas.height !== tall) {
    canvas.width = wide;
    canvas.height = tall;
  }
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}
