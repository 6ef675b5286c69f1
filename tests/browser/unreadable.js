// The texts below a selector that cannot be read: too little contrast (WCAG AA), too small,
// or out of the window.
selector => {
  const pixel = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = color => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = color;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => {
    const blended = [0, 1, 2].map(k => top[3] * top[k] + (1 - top[3]) * below[k]);
    return [...blended, 1];
  };
  const luminance = color => {
    const linear = color.slice(0, 3).map(c => c / 255)
      .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ancestors = element => element ? [element, ...ancestors(element.parentElement)] : [];
  const paper = () => {
    const sheet = document.body.appendChild(document.createElement("div"));
    sheet.style.backgroundColor = "Canvas";
    const color = rgba(getComputedStyle(sheet).backgroundColor);
    sheet.remove();
    return color;
  };
  const contrast = element => {
    const around = ancestors(element).map(e => getComputedStyle(e));
    const behind = around.reduceRight((below, s) => over(rgba(s.backgroundColor), below), paper());
    const ink = rgba(element instanceof SVGElement ? around[0].fill : around[0].color);
    ink[3] *= around.reduce((product, s) => product * Number(s.opacity), 1);
    const [dark, light] = [over(ink, behind), behind].map(luminance).sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const scrolls = element => ancestors(element).some(e =>
    /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth && e.closest(selector));
  const found = [];
  for (const place of document.querySelectorAll(selector)) {
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
      if (!text || !element.checkVisibility() || element.closest("style, script, .MathJax, mjx-container")) continue;
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      const box = range.getBoundingClientRect();
      const ratio = contrast(element);
      if (ratio < 4.5) found.push(`${text.slice(0, 60)}: contrast ${ratio.toFixed(2)}`);
      if (box.height < 10) found.push(`${text.slice(0, 60)}: ${box.height.toFixed(1)} pixels high`);
      if ((box.left < 0 || box.right > innerWidth) && !scrolls(element))
        found.push(`${text.slice(0, 60)}: from ${box.left | 0} to ${box.right | 0} of ${innerWidth}`);
    }
  }
  return [...new Set(found)];
}
