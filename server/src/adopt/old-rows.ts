// Owns: the rows of an older database as they are read: every value is text or missing, whatever its type was there.
import { z } from "zod";

const text = z.string().nullable();
const id = z.string().min(1);

export const oldBusinessSchema = z.object({ id, name: text, messages: z.coerce.number(), conversations: z.coerce.number() });
export const oldLeadSchema = z.object({ id, phone: text, name: text });
export const oldConversationSchema = z.object({
  id,
  customerWaId: text,
  customerNumber: text,
  provider: text,
  channelKey: text,
  leadId: text,
  canonicalKey: text,
  isOpen: text,
  startedAt: text,
  lastMessageAt: text,
  createdAt: text,
  summary: text,
});
export const oldMessageSchema = z.object({
  id,
  createdAt: text,
  conversationId: text,
  customer: text,
  toNumber: text,
  leadId: text,
  direction: text,
  author: text,
  body: text,
  type: text,
  attachment: text,
  isRevoked: text,
  quotedId: text,
  webMessage: text,
  webContext: text,
  member: text,
  otherMember: text,
  memberName: text,
  providerMessageId: text,
  status: text,
  provider: text,
  channelKey: text,
  sortAt: z.string(),
});

export type OldBusiness = z.infer<typeof oldBusinessSchema>;
export type OldLead = z.infer<typeof oldLeadSchema>;
export type OldConversation = z.infer<typeof oldConversationSchema>;
export type OldMessage = z.infer<typeof oldMessageSchema>;
