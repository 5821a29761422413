"use strict";
// A ZIP archive that stores files as they are (PKWARE's APPNOTE 6.3.10): the files themselves are never held in memory
// together, since a Blob is made of them.

const LARGEST = 0xffffffff, MOST_FILES = 0xffff;
const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

function crc32(bytes, before = 0) {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = CRC[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

// files: [{ path, file: Blob }]; tell: how many are done.
async function zipped(files, tell = () => {}) {
  const parts = [], directory = [];
  let at = 0;
  for (const [place, { path, file }] of files.entries()) {
    const name = new TextEncoder().encode(path), facts = fields(crc32(new Uint8Array(await file.arrayBuffer())), file.size, name.length);
    const head = header(0x04034b50, [], facts, []);
    parts.push(head, name, file);
    directory.push(header(0x02014b50, [20], facts, [0, 0, 0, 0, 0, at & 0xffff, at >>> 16]), name);
    at += head.length + name.length + file.size;
    if (at > LARGEST || files.length > MOST_FILES) throw new Error("ZIP");
    tell(place + 1);
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  [[0, 0x06054b50], [12, length], [16, at]].forEach(([place, value]) => end.setUint32(place, value, true));
  [8, 10].forEach((place) => end.setUint16(place, files.length, true));
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

// Version, names in UTF-8, stored, 1 January 1980; then what was measured.
function fields(crc, size, name) {
  const halves = (n) => [n & 0xffff, n >>> 16];
  return [20, 0x0800, 0, 0, 0x21, ...halves(crc), ...halves(size), ...halves(size), name, 0];
}

function header(sign, before, facts, behind) {
  return new Uint8Array(Uint16Array.of(sign & 0xffff, sign >>> 16, ...before, ...facts, ...behind).buffer);
}

// ---- names ----

const SYSTEM = /^(con|prn|aux|nul|com\d|lpt\d|thumbs\.db|ehthumbs\.db|desktop\.ini|__macosx|@eadir|lost\+found)(\..*)?$/i;
const SPLIT = /^(train\w*|trn|val\w*|dev\w*|test\w*|tst|eval\w*)$/i; // what a folder of pictures takes for a part of it

// A file's or folder's name that every system takes: no separators, no signs that steer text, not too long.
function safeName(name, otherwise) {
  const plain = name.normalize("NFC").replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffd/\\:*?"<>|]/g, " ");
  const short = [...plain.replace(/[\ud800-\udfff]/gu, " ").replace(/\s+/g, " ")].slice(0, 60).join(""); // no half of a sign
  const made = short.replace(/^[. ]+|[. ]+$/g, "") || otherwise;
  return SYSTEM.test(made) ? "_" + made : made;
}

// `name`, or where it is taken "name-2" and so on; letters that differ in case alone are the same to some systems.
function freeAmong(taken, name, ending = "") {
  let made = name + ending;
  for (let n = 2; taken.has(made.toLowerCase()); n++) made = `${name}-${n}${ending}`;
  taken.add(made.toLowerCase());
  return made;
}
