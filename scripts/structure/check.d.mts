// The types of check.mjs for its test.
export declare function checkStructure(root: string): { files: number; faults: string[] };
