// Owns the template management of the Graph API. What may be done is decided by template-store.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { GraphAnswer } from "./graph-answer.ts";
import { pageOf, templateNode } from "./graph-nodes.ts";
import { unknownObject } from "./graph-problem.ts";
import type { JsonObject } from "./json-object.ts";
import { readParameters } from "./request-parameters.ts";
import type { Settings } from "./settings.ts";
import type { TemplateStore } from "./template-store.ts";
import { registerUploadRoutes } from "./upload-routes.ts";

interface TemplateParams {
  readonly Params: { readonly version: string; readonly id: string };
  readonly Querystring: Readonly<Record<string, string | undefined>>;
}

export interface TemplateRoutesDeps {
  readonly settings: Settings;
  readonly graph: GraphAnswer;
  readonly templates: TemplateStore;
  readonly isVersion: (version: string) => boolean;
  readonly addressOf: (request: FastifyRequest) => string;
  readonly notEmulated: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

const path = "templates" as const;

export function registerTemplateRoutes(app: FastifyInstance, deps: TemplateRoutesDeps): void {
  const { settings, graph, templates, isVersion, addressOf, notEmulated } = deps;
  const isAccount = (id: string): boolean => [...settings.numbers.values()].some((number) => number.wabaId === id);

  const summaryOf = (id: string, wanted: string): JsonObject => {
    const count = templates.listOf(id).length;
    const all: JsonObject = {
      total_count: count,
      message_template_count: count,
      message_template_limit: settings.templateLimit,
      are_translations_complete: false,
    };
    return Object.fromEntries(wanted.split(",").flatMap((name) => (Object.hasOwn(all, name) ? [[name, all[name]]] : [])));
  };

  app.get<TemplateParams>("/:version/:id/message_templates", (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    return graph.answer({ request, reply }, { path }, () => {
      if (!isAccount(id)) return { problem: unknownObject(id, "GET") };
      const { name, language, status, category, summary } = request.query;
      const matching = templates
        .listOf(id)
        .filter(
          (template) =>
            (name === undefined || template.name.includes(name)) &&
            (language === undefined || template.language === language) &&
            (status === undefined || template.status === status) &&
            (category === undefined || template.category === category),
        );
      const page = pageOf(matching.map(templateNode), request.query, addressOf(request));
      return "answer" in page && summary !== undefined ? { answer: { ...page.answer, summary: summaryOf(id, summary) } } : page;
    });
  });

  app.post<TemplateParams>("/:version/:id/message_templates", async (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    const body = await readParameters(request);
    return graph.answer({ request, reply }, { path }, () =>
      isAccount(id) ? templates.create(id, body) : { problem: unknownObject(id, "POST") },
    );
  });

  app.delete<TemplateParams>("/:version/:id/message_templates", async (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    const what = await readParameters(request);
    return graph.answer({ request, reply }, { path }, () =>
      isAccount(id) ? templates.remove(id, what) : { problem: unknownObject(id, "DELETE") },
    );
  });

  const uploads = registerUploadRoutes(app, { graph, isVersion, notEmulated });

  app.post<TemplateParams>("/:version/:id", async (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    if (id.startsWith("upload:"))
      return graph.answer({ request, reply }, { path }, () => uploads.receive(request, id) ?? { problem: unknownObject(id, "POST") });
    const body = await readParameters(request);
    return graph.answer({ request, reply }, { path }, () =>
      templates.find(id) === undefined ? { problem: unknownObject(id, "POST") } : templates.edit(id, body),
    );
  });

  app.post<TemplateParams>("/:version/:id/unpause", (request, reply) => {
    const { version, id } = request.params;
    if (!isVersion(version)) return notEmulated(request, reply);
    return graph.answer({ request, reply }, { path }, () =>
      templates.find(id) === undefined ? { problem: unknownObject(id, "POST") } : templates.unpause(id),
    );
  });

  // Another host of the platform (api.facebook.com), and without a version there.
  for (const [verb, archived] of [["archive", true] as const, ["unarchive", false] as const]) {
    app.post<TemplateParams>(`/:version/:id/message_templates/${verb}`, async (request, reply) => {
      const { version, id } = request.params;
      if (!isVersion(version)) return notEmulated(request, reply);
      const body = await readParameters(request);
      return graph.answer({ request, reply }, { path }, () =>
        isAccount(id) ? templates.archive(id, body["hsm_ids"], archived) : { problem: unknownObject(id, "POST") },
      );
    });
  }
}
