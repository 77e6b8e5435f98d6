import { describe, expect, it } from "vitest";
import { decideIdentity, type KnownConversation } from "./decide-identity.ts";
import type { Identifier } from "./identifier.ts";

const user = (value: string, scope = "waba-1"): Identifier => ({ kind: "user", value, scope });
const parent = (value: string): Identifier => ({ kind: "parent_user", value, scope: "waba-1" });
const phone = (value: string): Identifier => ({ kind: "phone", value, scope: null });
const lid = (value: string): Identifier => ({ kind: "lid", value, scope: null });
const conversation = (id: string, ...identifiers: readonly Identifier[]): KnownConversation => ({ id, identifiers });

describe("who is who", () => {
  it("makes a new thread for somebody of whom nothing is known", () => {
    expect(decideIdentity({ identifiers: [user("U1"), phone("1")], conversations: [] })).toEqual({
      home: undefined,
      merge: [],
      attach: [user("U1"), phone("1")],
    });
  });

  it("attaches a user id to the thread of the phone that it came with", () => {
    expect(decideIdentity({ identifiers: [user("U1"), phone("1")], conversations: [conversation("a", phone("1"))] })).toEqual({
      home: "a",
      merge: [],
      attach: [user("U1")],
    });
  });

  it("merges two threads when one payload leads to both", () => {
    const conversations = [conversation("a", phone("1")), conversation("b", user("U1"))];
    expect(decideIdentity({ identifiers: [user("U1"), phone("1")], conversations })).toEqual({ home: "b", merge: ["a"], attach: [] });
  });

  it("takes a phone with another user id for a recycled number: a new thread, and the phone moves", () => {
    const conversations = [conversation("a", phone("1"), user("U1"))];
    expect(decideIdentity({ identifiers: [user("U2"), phone("1")], conversations })).toEqual({
      home: undefined,
      merge: [],
      attach: [user("U2"), phone("1")],
    });
  });

  it("moves a recycled phone to the thread of its new owner when that exists", () => {
    const conversations = [conversation("a", phone("1"), user("U1")), conversation("b", user("U2"), phone("2"))];
    expect(decideIdentity({ identifiers: [user("U2"), phone("1")], conversations })).toEqual({
      home: "b",
      merge: [],
      attach: [phone("1")],
    });
  });

  it("does not take user ids of two portfolios for two persons", () => {
    const conversations = [conversation("a", phone("1"), user("U1", "waba-1"))];
    expect(decideIdentity({ identifiers: [user("U2", "waba-2"), phone("1")], conversations })).toEqual({
      home: "a",
      merge: [],
      attach: [user("U2", "waba-2")],
    });
  });

  it("believes the parent id when the user id has changed", () => {
    const conversations = [conversation("a", parent("P1"), user("U1"))];
    expect(decideIdentity({ identifiers: [parent("P1"), user("U2")], conversations })).toEqual({
      home: "a",
      merge: [],
      attach: [user("U2")],
    });
  });

  it("joins a LID with its phone, and keeps apart a phone that has another LID", () => {
    const conversations = [conversation("a", phone("1")), conversation("b", lid("L1"))];
    expect(decideIdentity({ identifiers: [phone("1"), lid("L1")], conversations })).toEqual({ home: "a", merge: ["b"], attach: [] });
    expect(decideIdentity({ identifiers: [phone("1"), lid("L2")], conversations: [conversation("a", phone("1"), lid("L1"))] })).toEqual({
      home: undefined,
      merge: [],
      attach: [phone("1"), lid("L2")],
    });
  });

  it("carries the thread over when one payload names the old account and the new one", () => {
    const conversations = [conversation("a", phone("1"), user("U1")), conversation("b", user("U2"))];
    expect(decideIdentity({ identifiers: [user("U1"), user("U2"), phone("2")], conversations })).toEqual({
      home: "a",
      merge: ["b"],
      attach: [phone("2")],
    });
  });

  it("never merges two threads that are known as two accounts, whatever weaker identifier joins them", () => {
    const conversations = [conversation("a", phone("1"), user("U1")), conversation("b", phone("2"), user("U2"))];
    expect(decideIdentity({ identifiers: [phone("1"), phone("2")], conversations })).toEqual({
      home: "a",
      merge: [],
      attach: [phone("2")],
    });
  });

  it("joins the thread that the message is in already with the thread that its identifiers lead to", () => {
    const conversations = [conversation("new"), conversation("old", user("U1"))];
    expect(decideIdentity({ identifiers: [user("U1")], conversations, placedIn: "new" })).toEqual({
      home: "new",
      merge: ["old"],
      attach: [],
    });
  });
});
