// `meshbus/testing`: what the tests of an adapter, or of an application with a bus, are made of.
export { BatchMaker, type BatchMakerOptions, type SampleEvent } from './batch-maker.ts';
export type { ConformanceSubject, ConformanceTest, OptionalMethod } from './conformance/subject.ts';
export { conformanceTests } from './conformance/suite.ts';
export { type Fault, type FaultPlan, type FaultyCall, fault } from './fault.ts';
export { type FaultyFactory, faulty } from './fault-adapter.ts';
export { type CallEntry, FaultControl } from './fault-control.ts';
export { Ledger, type SeenEvent } from './ledger.ts';
export { ManualEnvironment, type ManualEnvironmentOptions } from './manual-environment.ts';
export { seededRandom } from './seeded-random.ts';
export { within } from './within.ts';
