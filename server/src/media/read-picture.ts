// Owns: decoding pictures of strangers, within limits: their size by their header, and a thumbnail. Loaded when the first picture comes: it brings a library of its own.
// Refuses to know: whose they are, and where they are kept.
import sharp from "sharp";
import { MAX_PIXELS } from "./media-kinds.ts";

const THUMBNAIL_PIXELS = 480;
const THUMBNAIL_SECONDS = 10;

// Only the decoders of the four kinds that are shown may read them.
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({ operation: ["VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp", "VipsForeignLoadNsgif"] });
sharp.cache(false);
sharp.concurrency(1);

interface PictureSize {
  /** As it is shown, upright. */
  readonly width: number;
  readonly height: number;
  /** Of all frames: a browser holds them all. */
  readonly pixels: number;
  readonly isAnimated: boolean;
}

/** Undefined: it is damaged. */
export async function readPictureSize(path: string): Promise<PictureSize | undefined> {
  try {
    // The limit is ours, with a sentence of its own.
    const { width, height, pages = 1, autoOrient } = await sharp(path, { limitInputPixels: false, failOn: "none" }).metadata();
    return { width: autoOrient.width, height: autoOrient.height, pixels: width * height * pages, isAnimated: pages > 1 };
  } catch {
    return undefined;
  }
}

/** What a model is shown is no longer than this. */
const MOST_SHOWN_BYTES = 400_000;
/** The second is for what is drawn all over. */
const QUALITIES = [80, 50];

/** Upright, on white, without anything that the file says of itself (where it was taken, by what). Undefined: it cannot be had so small, or is damaged. */
export async function shrinkPicture(file: Uint8Array, maxPixels: number): Promise<Uint8Array | undefined> {
  try {
    for (const quality of QUALITIES) {
      const bytes = await sharp(file, { limitInputPixels: MAX_PIXELS, failOn: "none", sequentialRead: true })
        .timeout({ seconds: THUMBNAIL_SECONDS })
        .autoOrient()
        .resize({ width: maxPixels, height: maxPixels, fit: "inside", withoutEnlargement: true })
        .flatten({ background: "#ffffff" })
        .jpeg({ quality })
        .toBuffer();
      if (bytes.length <= MOST_SHOWN_BYTES) return bytes;
    }
  } catch {
    // As of thumbnails: whoever looks at the thread may see more of it.
  }
  return undefined;
}

/** False: there is none to be made, and nothing at `target`, or a part of it. */
export async function writeThumbnail(path: string, target: string): Promise<boolean> {
  try {
    await sharp(path, { limitInputPixels: MAX_PIXELS, failOn: "none", sequentialRead: true })
      .timeout({ seconds: THUMBNAIL_SECONDS })
      .autoOrient()
      .resize({ width: THUMBNAIL_PIXELS, height: THUMBNAIL_PIXELS, fit: "inside", withoutEnlargement: true })
      .webp({ quality: 75 })
      .toFile(target);
    return true;
  } catch {
    // A browser may make more of it than we do: the picture is shown without.
    return false;
  }
}
