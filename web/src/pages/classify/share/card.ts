import type { ClassifyAnswer } from "../../../api/types";
import { percent, percentRange } from "../../../verdict/format";
import { angleAt, type Point, pointAt } from "../../../verdict/gauge";
import { headlineOf, jokeFor, levelOf, toneOf } from "../../../verdict/headline";
import type { Meme } from "../memes/meme";
import { brokenIntoLines } from "./lines";
import { loadPicture } from "./picture";

const WIDTH = 1080;
const MARGIN = 56;
const PICTURE_HEIGHT = 760;
const PANEL_HEIGHT = 590;
const INK = "#17140f";
const PAPER = "#f7f2e6";
const MUTED = "#5d574a";
const TRACK = "#ddd4bf";
const TONES = { dank: "#c8f03c", not: "#ff7a59", unsure: "#ffc83d" };
const DISPLAY = "Anton, Impact, sans-serif";
const TEXT = "system-ui, sans-serif";

type Canvas = CanvasRenderingContext2D;
type Font = { size: number; font: string };

/** Draws the verdict as a PNG: the meme (where its pixels may be read), the headline and a small gauge. */
export async function drawCard(meme: Meme, answer: ClassifyAnswer): Promise<Blob> {
  const [picture] = await Promise.all([loadPicture(meme), document.fonts.load(`96px ${DISPLAY}`)]);
  const top = picture ? heightOf(picture) + MARGIN : 0;
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = top + PANEL_HEIGHT;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");

  context.fillStyle = PAPER;
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (picture) drawPicture(context, picture);
  context.translate(0, top);
  drawVerdict(context, answer);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png");
  });
}

function heightOf(picture: HTMLImageElement): number {
  const full = ((WIDTH - 2 * MARGIN) * picture.naturalHeight) / picture.naturalWidth;
  return Math.round(Math.min(PICTURE_HEIGHT, full));
}

function drawPicture(context: Canvas, picture: HTMLImageElement): void {
  const height = heightOf(picture);
  const width = (height * picture.naturalWidth) / picture.naturalHeight;
  const left = (WIDTH - width) / 2;
  context.drawImage(picture, left, MARGIN, width, height);
  context.strokeStyle = INK;
  context.lineWidth = 6;
  context.strokeRect(left, MARGIN, width, height);
}

function drawVerdict(context: Canvas, { verdict, sha256 }: ClassifyAnswer): void {
  const { word, claim } = headlineOf(verdict);
  drawStamp(context, word.toUpperCase(), TONES[toneOf(verdict.label)]);
  const unsure = verdict.label === "can't tell";
  const claimFont: Font = unsure
    ? { size: 34, font: `600 34px ${TEXT}` }
    : { size: 56, font: `56px ${DISPLAY}` };
  const below = drawLines(context, claim, claimFont, INK, { x: MARGIN, y: 266 }, 540, 5);
  if (!unsure) {
    const joke = jokeFor(levelOf(verdict), sha256);
    drawLines(
      context,
      joke,
      { size: 30, font: `italic 30px ${TEXT}` },
      MUTED,
      { x: MARGIN, y: below },
      540,
      3,
    );
  }
  drawGauge(context, verdict.probability, verdict.low, verdict.high, TONES[toneOf(verdict.label)]);
  drawFinePrint(context, verdict.compared_with);
}

function drawStamp(context: Canvas, word: string, tone: string): void {
  context.save();
  context.font = `112px ${DISPLAY}`;
  const width = context.measureText(word).width + 64;
  context.translate(MARGIN, 56);
  context.rotate(-0.03);
  context.fillStyle = tone;
  context.strokeStyle = INK;
  context.lineWidth = 6;
  context.beginPath();
  context.roundRect(0, 0, width, 140, 12);
  context.fill();
  context.stroke();
  context.fillStyle = INK;
  context.fillText(word, 32, 114);
  context.restore();
}

function drawGauge(context: Canvas, probability: number, low: number, high: number, tone: string): void {
  const centre = { x: 820, y: 350 };
  const radius = 140;
  const arc = (from: number, to: number, colour: string) => {
    context.beginPath();
    context.arc(centre.x, centre.y, radius, angleAt(from), angleAt(to));
    context.strokeStyle = colour;
    context.lineWidth = 40;
    context.stroke();
  };
  arc(0, 1, TRACK);
  arc(low, high, tone);
  const tip = pointAt(probability, radius + 14, centre);
  context.beginPath();
  context.moveTo(centre.x, centre.y);
  context.lineTo(tip.x, tip.y);
  context.strokeStyle = INK;
  context.lineWidth = 8;
  context.lineCap = "round";
  context.stroke();
  context.beginPath();
  context.arc(centre.x, centre.y, 14, 0, 2 * Math.PI);
  context.fillStyle = INK;
  context.fill();
  context.textAlign = "center";
  context.font = `600 28px ${TEXT}`;
  context.fillText(`${percent(probability)} chance of dank`, centre.x, centre.y + 58);
  context.fillStyle = MUTED;
  context.font = `24px ${TEXT}`;
  context.fillText(`likely between ${percentRange(low, high)}`, centre.x, centre.y + 94);
  context.textAlign = "left";
}

function drawFinePrint(context: Canvas, comparedWith: string): void {
  context.fillStyle = INK;
  context.font = `700 28px ${TEXT}`;
  context.fillText("Dank Meme Classifier", MARGIN, PANEL_HEIGHT - 104);
  const small: Font = { size: 22, font: `22px ${TEXT}` };
  const place = { x: MARGIN, y: PANEL_HEIGHT - 66 };
  drawLines(context, `Compared with ${comparedWith}`, small, MUTED, place, WIDTH - 2 * MARGIN, 2);
}

/** Draws text in lines no wider than `width`, at most `most` of them, and gives the place of the next. */
function drawLines(
  context: Canvas,
  text: string,
  { size, font }: Font,
  colour: string,
  { x, y }: Point,
  width: number,
  most: number,
): number {
  context.font = font;
  context.fillStyle = colour;
  const lines = brokenIntoLines(text, (line) => context.measureText(`${line}…`).width <= width);
  const drawn = lines.slice(0, most);
  drawn.forEach((line, index) => {
    const cut = index === most - 1 && lines.length > most;
    context.fillText(cut ? `${line}…` : line, x, y + index * size * 1.32, width);
  });
  return y + drawn.length * size * 1.32;
}
