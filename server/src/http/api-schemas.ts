// Owns: the shapes that many routes share. The shape of a view is beside what makes the view, that of one route's request beside the route; all check
// requests and answers, and the OpenAPI description is generated from them.
import { z } from "zod";
import { uuid } from "../kernel/shapes.ts";

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe("Stable; branch on this. All codes: docs/errors.md."),
    instance: z.string().optional(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .readonly()
      .optional(),
  })
  .meta({ id: "Problem" });

const nextCursor = z.string().nullable().describe("Give it back as `cursor` for the next page; null on the last one.");
export const pageSchema = <Item extends z.ZodType>(name: string, item: Item) =>
  z.object({ data: z.array(item).readonly(), nextCursor }).meta({ id: name });

export const idParams = z.object({ id: uuid });
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(500).optional(),
});

const problemAnswer = (description: string) => ({ description, content: { "application/problem+json": { schema: problemSchema } } });

/** What every route of the API may answer besides its own. */
export const problemAnswers = { "4xx": problemAnswer("A problem with the request."), "5xx": problemAnswer("A problem on our side.") };
