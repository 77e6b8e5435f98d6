// Owns what a customer's phone sends when nobody says which file: real ones, small. Knows nothing of ids and addresses.
import { JPEG_BASE64, WEBP_BASE64 } from "./sample-pictures.ts";

const text = (content: string): Buffer => Buffer.from(content, "latin1");

/** A page with a line of text, and its table of contents with the right offsets. */
function samplePdf(): Buffer {
  const line = "BT /F1 24 Tf 60 740 Td (A document from the simulator) Tj ET";
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${line.length} >>\nstream\n${line}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let file = "%PDF-1.4\n";
  const offsets: number[] = [];
  for (const [at, object] of objects.entries()) {
    offsets.push(file.length);
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const size = objects.length + 1;
  return text(
    `${file}xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`,
  );
}

/** As Ogg has it: polynomial 0x04c11db7, nothing reflected. */
function oggChecksum(page: Buffer): number {
  let sum = 0;
  for (const byte of page) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  }
  return sum >>> 0;
}

interface OggPage {
  readonly flags: number;
  readonly granule: number;
  readonly number: number;
  readonly packets: readonly Buffer[];
}

function oggPage({ flags, granule, number, packets }: OggPage): Buffer {
  const head = Buffer.alloc(27);
  head.write("OggS", 0, "latin1");
  head[5] = flags;
  head.writeBigUInt64LE(BigInt(granule), 6);
  head.writeUInt32LE(1, 14);
  head.writeUInt32LE(number, 18);
  head[26] = packets.length;
  const page = Buffer.concat([head, Buffer.from(packets.map((packet) => packet.length)), ...packets]);
  page.writeUInt32LE(oggChecksum(page), 22);
  return page;
}

/** A second of silence, as a voice note is packed: Ogg, Opus, mono. */
function sampleVoice(): Buffer {
  const preSkip = 312;
  const head = Buffer.alloc(19);
  head.write("OpusHead", 0, "latin1");
  head[8] = 1;
  head[9] = 1;
  head.writeUInt16LE(preSkip, 10);
  head.writeUInt32LE(48_000, 12);
  const vendor = "simulator";
  const tags = Buffer.alloc(8 + 4 + vendor.length + 4);
  tags.write("OpusTags", 0, "latin1");
  tags.writeUInt32LE(vendor.length, 8);
  tags.write(vendor, 12, "latin1");
  // 20 ms of nothing at full band.
  const silence = Buffer.from([0xf8, 0xff, 0xfe]);
  return Buffer.concat([
    oggPage({ flags: 2, granule: 0, number: 0, packets: [head] }),
    oggPage({ flags: 0, granule: 0, number: 1, packets: [tags] }),
    oggPage({ flags: 4, granule: 48_000 + preSkip, number: 2, packets: Array.from({ length: 50 }, () => silence) }),
  ]);
}

/** The beginning of an mp4, with no picture in it. */
function sampleVideo(): Buffer {
  const box = (name: string, content: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + content.length, 0);
    head.write(name, 4, "latin1");
    return Buffer.concat([head, content]);
  };
  return Buffer.concat([
    box("ftyp", text("isom\0\0\x02\0isomiso2mp41")),
    box("free", text("simulated video")),
    box("mdat", Buffer.alloc(0)),
  ]);
}

export interface SampleFile {
  readonly mimeType: string;
  readonly bytes: Buffer;
}

/** By the type of the message. */
export const SAMPLE_FILES: ReadonlyMap<string, SampleFile> = new Map([
  ["image", { mimeType: "image/jpeg", bytes: Buffer.from(JPEG_BASE64, "base64") }],
  ["video", { mimeType: "video/mp4", bytes: sampleVideo() }],
  ["audio", { mimeType: "audio/ogg; codecs=opus", bytes: sampleVoice() }],
  ["document", { mimeType: "application/pdf", bytes: samplePdf() }],
  ["sticker", { mimeType: "image/webp", bytes: Buffer.from(WEBP_BASE64, "base64") }],
]);
