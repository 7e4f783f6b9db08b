/** Every body of the CDDL by the name of its rule there: what registry.json's tables of messages refer to. */
import type { Schema } from "../cbor/schema.ts";
import * as reply from "../framing/reply-bodies.ts";
import * as activate from "./activate.ts";
import * as chunk from "./chunk.ts";
import { type Empty, empty } from "./common.ts";
import * as dock from "./dock.ts";
import * as open from "./open.ts";
import * as serve from "./serve.ts";
import * as service from "./service.ts";
import * as store from "./store.ts";

export interface Bodies {
  readonly empty: Empty;
  readonly "error-reply": reply.ErrorReply;
  readonly "busy-reply": reply.BusyReply;
  readonly "chunk-request": chunk.ChunkRequest;
  readonly "chunk-reply": chunk.ChunkReply;

  readonly "open-hello": open.OpenHello;
  readonly challenge: open.Challenge;
  readonly "update-request": open.UpdateRequest;
  readonly "update-reply": open.UpdateReply;
  readonly "open-request": open.OpenRequest;
  readonly "open-reply": open.OpenReply;
  readonly "supply-request": open.SupplyRequest;
  readonly "collect-request": open.CollectRequest;
  readonly "collect-reply": open.CollectReply;
  readonly "receipt-request": open.ReceiptRequest;
  readonly "receipt-reply": open.ReceiptReply;
  readonly "fetch-request": open.FetchRequest;
  readonly "fetch-reply": open.FetchReply;

  readonly "dock-hello": dock.DockHello;
  readonly "dock-welcome": dock.DockWelcome;
  readonly "prove-request": dock.ProveRequest;
  readonly "time-challenge-reply": dock.TimeChallengeReply;
  readonly "time-request": dock.TimeRequest;
  readonly "time-reply": dock.TimeReply;
  readonly "deliver-request": dock.DeliverRequest;
  readonly "deliver-reply": dock.DeliverReply;
  readonly "journal-request": dock.JournalRequest;
  readonly "journal-reply": dock.JournalReply;
  readonly "carried-request": dock.CarriedRequest;
  readonly "carried-reply": dock.CarriedReply;
  readonly "pin-enrol-request": dock.PinEnrolRequest;
  readonly "pin-enrol-reply": dock.PinEnrolReply;

  readonly "grant-reply": activate.GrantReply;
  readonly "pin-request": activate.PinRequest;
  readonly "pin-reply": activate.PinReply;
  readonly "activate-request": activate.ActivateRequest;
  readonly "activate-reply": activate.ActivateReply;
  readonly "pin-verdict-request": activate.PinVerdictRequest;
  readonly "time-ask-request": activate.TimeAskRequest;
  readonly "time-ask-reply": activate.TimeAskReply;

  readonly "check-in-request": store.CheckInRequest;
  readonly "check-in-reply": store.CheckInReply;
  readonly "check-out-request": store.CheckOutRequest;
  readonly "check-out-reply": store.CheckOutReply;

  readonly "serve-hello": serve.ServeHello;
  readonly "serve-welcome": serve.ServeWelcome;
  readonly "info-reply": serve.InfoReply;
  readonly "counters-reply": serve.CountersReply;
  readonly "self-test-reply": serve.SelfTestReply;
  readonly "docks-reply": serve.DocksReply;
  readonly "bundle-request": serve.BundleRequest;
  readonly "bundle-reply": serve.BundleReply;
  readonly "command-request": serve.CommandRequest;
  readonly "command-reply": serve.CommandReply;
  readonly "acknowledge-request": serve.AcknowledgeRequest;
  readonly "dock-event": serve.DockEvent;
  readonly "cabinet-event": serve.CabinetEvent;

  readonly "service-hello": service.ServiceHello;
  readonly "service-welcome": service.ServiceWelcome;
  readonly "enrol-request": service.EnrolRequest;
  readonly "enrol-reply": service.EnrolReply;
  readonly "commission-request": service.CommissionRequest;
  readonly "lifecycle-request": service.LifecycleRequest;
  readonly "lifecycle-reply": service.LifecycleReply;
  readonly "transfer-request": service.TransferRequest;
}

/** Name of a rule of the CDDL. */
export type BodyName = keyof Bodies;

/** The one schema of each body. */
export const bodySchemas: { readonly [B in BodyName]: Schema<Bodies[B]> } = {
  empty,
  "error-reply": reply.errorReply,
  "busy-reply": reply.busyReply,
  "chunk-request": chunk.chunkRequest,
  "chunk-reply": chunk.chunkReply,

  "open-hello": open.openHello,
  challenge: open.challenge,
  "update-request": open.updateRequest,
  "update-reply": open.updateReply,
  "open-request": open.openRequest,
  "open-reply": open.openReply,
  "supply-request": open.supplyRequest,
  "collect-request": open.collectRequest,
  "collect-reply": open.collectReply,
  "receipt-request": open.receiptRequest,
  "receipt-reply": open.receiptReply,
  "fetch-request": open.fetchRequest,
  "fetch-reply": open.fetchReply,

  "dock-hello": dock.dockHello,
  "dock-welcome": dock.dockWelcome,
  "prove-request": dock.proveRequest,
  "time-challenge-reply": dock.timeChallengeReply,
  "time-request": dock.timeRequest,
  "time-reply": dock.timeReply,
  "deliver-request": dock.deliverRequest,
  "deliver-reply": dock.deliverReply,
  "journal-request": dock.journalRequest,
  "journal-reply": dock.journalReply,
  "carried-request": dock.carriedRequest,
  "carried-reply": dock.carriedReply,
  "pin-enrol-request": dock.pinEnrolRequest,
  "pin-enrol-reply": dock.pinEnrolReply,

  "grant-reply": activate.grantReply,
  "pin-request": activate.pinRequest,
  "pin-reply": activate.pinReply,
  "activate-request": activate.activateRequest,
  "activate-reply": activate.activateReply,
  "pin-verdict-request": activate.pinVerdictRequest,
  "time-ask-request": activate.timeAskRequest,
  "time-ask-reply": activate.timeAskReply,

  "check-in-request": store.checkInRequest,
  "check-in-reply": store.checkInReply,
  "check-out-request": store.checkOutRequest,
  "check-out-reply": store.checkOutReply,

  "serve-hello": serve.serveHello,
  "serve-welcome": serve.serveWelcome,
  "info-reply": serve.infoReply,
  "counters-reply": serve.countersReply,
  "self-test-reply": serve.selfTestReply,
  "docks-reply": serve.docksReply,
  "bundle-request": serve.bundleRequest,
  "bundle-reply": serve.bundleReply,
  "command-request": serve.commandRequest,
  "command-reply": serve.commandReply,
  "acknowledge-request": serve.acknowledgeRequest,
  "dock-event": serve.dockEvent,
  "cabinet-event": serve.cabinetEvent,

  "service-hello": service.serviceHello,
  "service-welcome": service.serviceWelcome,
  "enrol-request": service.enrolRequest,
  "enrol-reply": service.enrolReply,
  "commission-request": service.commissionRequest,
  "lifecycle-request": service.lifecycleRequest,
  "lifecycle-reply": service.lifecycleReply,
  "transfer-request": service.transferRequest,
};
