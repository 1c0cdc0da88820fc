// The types of stateful-sections.mjs for its test.
export declare function statefulSections(bytes: Uint8Array): string[];
