// A screenshot made small: at most 256 colours, which a window of flat areas hardly needs, and packed as well as zlib can.
import { deflateSync } from 'node:zlib';

// In the page, which can read a PNG: its size, the palette, and a pixel's index into it for each pixel, as base64.
async function reduce(base64) {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes(base64)], { type: 'image/png' }));
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const colourAt = (i) => data[i * 4] << 16 | data[i * 4 + 1] << 8 | data[i * 4 + 2];
  const counts = new Map();
  for (let i = 0; i < width * height; i++) {
    counts.set(colourAt(i), (counts.get(colourAt(i)) ?? 0) + 1);
  }
  const channels = (colour) => [colour >> 16, colour >> 8 & 255, colour & 255];
  const distance = (a, b) => channels(a).reduce((sum, value, i) => sum + (value - channels(b)[i]) ** 2, 0);
  // The most frequent ones, none of them close to another.
  const palette = [];
  const byCount = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  for (let apart = 64; palette.length < 256 && apart >= 0; apart -= 32) {
    for (const colour of byCount) {
      if (palette.length < 256 && palette.every((other) => distance(colour, other) > apart)) {
        palette.push(colour);
      }
    }
  }
  const nearest = new Map(byCount.map((colour) => [colour, palette.reduce((best, other, i) =>
    (distance(colour, other) < distance(colour, palette[best]) ? i : best), 0)]));
  let text = '';
  for (let i = 0; i < width * height; i++) {
    text += String.fromCharCode(nearest.get(colourAt(i)));
  }
  return { width, height, palette: palette.map(channels), pixels: btoa(text) };
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) {
    c = c & 1 ? 0xedb88320 ^ c >>> 1 : c >>> 1;
  }
  return c;
});

function crc32(bytes) {
  return ~bytes.reduce((crc, byte) => crcTable[(crc ^ byte) & 255] ^ crc >>> 8, ~0) >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

// What `png` (a Buffer) shows, in fewer bytes. `page` is any page of a browser.
export async function smaller(page, png) {
  const { width, height, palette, pixels } = await page.evaluate(reduce, png.toString('base64'));
  const indexes = Buffer.from(pixels, 'base64');
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0]);   // eight bits a pixel, of a palette
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const rows = Buffer.alloc((width + 1) * height);   // each begins with the number of its filter: 0, none
  for (let y = 0; y < height; y++) {
    indexes.copy(rows, y * (width + 1) + 1, y * width, (y + 1) * width);
  }
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}
