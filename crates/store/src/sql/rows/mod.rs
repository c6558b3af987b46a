//! The columns of each table, one file for each.

mod action;
mod claim;
mod device;
mod discrepancy;
mod feed;
mod flavor;
mod host;
mod instance;
mod inventory;
mod ledger;
mod migration;
