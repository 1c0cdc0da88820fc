// The link protocol on the wire: what two nodes say to each other before and beside the replication. Little-endian.
// Invariant: type and place of `hello` and `bye`, and the first 9 bytes of `hello`, stay the same in all versions, so
// that any two versions can refuse each other in words.
//
// stream   u32 length of the message | message | u32 length | message ...
// message  u8 type | body
//
// 1 hello      u32 magic | u16 major | u16 minor | u8 flags | u32 longest message | u32 window
//              | u8 bytes, mesh | u16 bytes, node id | u8 count, addresses: u16 bytes, text | more of later minors
// 2 welcome    f64 order: more than in any earlier welcome of this node; the link is up
// 3 bye        u8 code | text to the end
// 4 ping       f64 any number
// 5 pong       f64 the number of the ping
// 6 window     f64 bytes of replication messages that were worked off since the link is up
// 7 addresses  u8 count, nodes: u16 bytes, node id | u8 count, addresses: u16 bytes, text
// 8 ask        nothing; the peer is to tell its figures
// 9 figures    text to the end: JSON for people and their tools
//
// The accepting side says hello first, once its side of TLS is satisfied; the dialling side answers with its own.
// Of the two the node with the smaller id decides: `welcome` or `bye`. Types from 16 on belong to the replication.

/** Two nodes talk when their majors are equal; they then keep to what the smaller minor knows. */
export const MAJOR = 1;
export const MINOR = 0;

export const HELLO_MAGIC = 0x314c424d;
export const HELLO = 1;
export const WELCOME = 2;
export const BYE = 3;
export const PING = 4;
export const PONG = 5;
export const WINDOW = 6;
export const ADDRESSES = 7;
export const ASK = 8;
export const FIGURES = 9;

export const RECEIVES = 1;
export const DURABLE = 2;

/** The length before each message. */
export const LENGTH_BYTES = 4;
/** The longest message of a peer that has not been admitted yet. */
export const MAX_HELLO_BYTES = 4096;
/** The shortest window, and the least limit of a message, that a hello may tell. */
export const LEAST_WINDOW_BYTES = 65_536;
/** The longest message of types below 16. */
export const MAX_CONTROL_BYTES = 524_288;
export const MAX_MESH_BYTES = 64;
export const MAX_NODE_ID_BYTES = 256;
export const MAX_ADDRESS_BYTES = 262;
/** The most addresses that one node tells of itself. */
export const MAX_ADDRESSES = 8;
/** The most nodes in one message of addresses. */
export const MAX_TOLD_NODES = 20;
/** The longest text of a bye. */
export const MAX_BYE_TEXT_BYTES = 300;
