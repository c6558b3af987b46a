//! `feed`: every commit, in order.

use steadfast_operations::seam::FeedEntry;

use crate::sql::columns::columns;

columns! { FeedEntry { version, writer, n, step, at, keys: json } }
