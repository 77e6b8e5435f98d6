// Owns: three small lint rules of our own. Refuses to know: where they apply.

/** "A reason behind every lint exception": oxlint-disable must be followed by `-- reason`. */
const explainedDisable = {
  meta: { type: "suggestion", schema: [], messages: { reason: "Say why, after the rule: `-- reason`." } },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          const isDirective = /^\s*(oxlint-disable|eslint-disable|@ts-expect-error)/.test(comment.value);
          if (isDirective && !/\s--\s+\S|@ts-expect-error\s+\S/.test(comment.value))
            context.report({ loc: comment.loc, messageId: "reason" });
        }
      },
    };
  },
};

/** The first lines of a module say what it owns and what it refuses to know. */
const moduleComment = {
  meta: {
    type: "suggestion",
    schema: [],
    messages: { missing: "Begin the module with a comment: what it owns, what it refuses to know." },
  },
  create(context) {
    return {
      Program(program) {
        const comment = context.sourceCode.getAllComments().find(({ type }) => type !== "Shebang");
        const firstToken = context.sourceCode.getFirstToken(program);
        if (firstToken === null) return;
        if (comment === undefined || comment.range[0] > firstToken.range[0]) context.report({ node: program, messageId: "missing" });
      },
    };
  },
};

/**
 * A function's own lines, without those of the functions inside it: a factory may hold many short ones.
 * (The built-in max-lines-per-function counts them all, and would push closures apart for no gain.)
 */
const functionSize = {
  meta: {
    type: "suggestion",
    schema: [{ type: "integer" }],
    messages: { long: "This function has {{lines}} lines of its own; the limit is {{limit}}. Give a part of it a name." },
  },
  create(context) {
    const limit = context.options[0];
    const innerLines = [0];
    const enter = () => void innerLines.push(0);
    const leave = (node) => {
      const lines = node.loc.end.line - node.loc.start.line + 1;
      const own = lines - (innerLines.pop() ?? 0);
      // A function in one line takes nothing away from the one around it: that line is counted there.
      innerLines.push((innerLines.pop() ?? 0) + Math.max(0, lines - 1));
      if (own > limit) context.report({ node, messageId: "long", data: { lines: String(own), limit: String(limit) } });
    };
    const kinds = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
    return Object.fromEntries(
      kinds.flatMap((kind) => [
        [kind, enter],
        [`${kind}:exit`, leave],
      ]),
    );
  },
};

export default {
  meta: { name: "onethread" },
  rules: { "explained-disable": explainedDisable, "module-comment": moduleComment, "function-size": functionSize },
};
