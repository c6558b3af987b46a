//! The limits of the door. Each says what a lower and a higher value would cost.

/// The longest body of a request. Lower refuses legal `user_data` (64 KiB in base64 makes 88 KiB) and the
/// reports of hosts with a thousand devices; higher lets one client hold more memory per connection.
pub const BODY_BYTES_MAX: usize = 4 << 20;

/// How long a body may take to arrive, in milliseconds. Lower cuts off slow links; higher lets idle ones hold on to
/// their connections.
pub const BODY_WAIT_MS: u64 = 30_000;

/// How many items a page of a list has unless the client asks for fewer, and the most it may ask for. Lower
/// costs round trips; higher lengthens the transaction that reads a page.
pub const PAGE_ITEMS_MAX: usize = 1000;

/// How many query parameters a request may have. Clients send fewer than twenty.
pub const QUERY_PAIRS_MAX: usize = 100;

/// How many passwords are checked at once. Each check takes about 20 MB and one core for tens of milliseconds
/// by intent; more at once would let anyone without a password exhaust the machine, fewer would make clients
/// wait in line.
pub const PASSWORD_CHECKS_MAX: usize = 4;

/// The longest password that is looked at at all.
pub const PASSWORD_BYTES_MAX: usize = 4096;

/// How much of a client's own words a refusal repeats.
pub const QUOTE_CHARS_MAX: usize = 120;
