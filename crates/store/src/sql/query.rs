//! What an engine is asked, as SQL.

use steadfast_model::cause::Scope;
use steadfast_operations::seam::{Page, Range, RawAsk, Table};

use super::layout::{join, key, layout};
use super::value::{Field, Value};

/// One statement that reads rows of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    pub table: Table,
    pub sql: String,
    pub args: Vec<Value>,
}

pub(crate) fn ask(ask: &RawAsk) -> Query {
    match ask {
        RawAsk::Get(row) => {
            let table = row.table();
            let args = key(row);
            let layout = layout(table);
            let terms: Vec<String> =
                layout.key().iter().zip(1..).map(|(column, n)| format!("{} = ?{n}", column.name)).collect();
            let sql =
                format!("SELECT {} FROM {} WHERE {}", layout.names(), layout.table, terms.join(" AND "));
            Query { table, sql, args }
        }
        RawAsk::Of(range, page) => list(range, page),
    }
}

/// Every row of a table, by key.
pub(crate) fn whole(table: Table) -> Query {
    let layout = layout(table);
    let keys = join(layout.key(), |column| column.name.to_owned());
    let sql = format!("SELECT {} FROM {} ORDER BY {keys}", layout.names(), layout.table);
    Query { table, sql, args: Vec::new() }
}

fn list(range: &Range, page: &Page) -> Query {
    let table = range.table();
    let layout = layout(table);
    let (condition, mut args) = condition(range);
    let mut sql = format!("SELECT {} FROM {} WHERE {condition}", layout.names(), layout.table);
    let (beyond, direction) = if page.descending { ('<', " DESC") } else { ('>', "") };
    if let Some(after) = &page.after {
        assert_eq!(after.table(), table, "a page goes on from a key of its own list");
        let keys = join(layout.key(), |column| column.name.to_owned());
        let values = key(after);
        let places: Vec<usize> = (args.len() + 1..).take(values.len()).collect();
        let places = join(&places, |n| format!("?{n}"));
        sql.push_str(&format!(" AND ({keys}) {beyond} ({places})"));
        args.extend(values);
    }
    let order = join(layout.key(), |column| format!("{}{direction}", column.name));
    sql.push_str(&format!(" ORDER BY {order} LIMIT ?{}", args.len() + 1));
    let limit = u64::try_from(page.limit).unwrap_or(u64::MAX);
    args.push(limit.put());
    Query { table, sql, args }
}

/// Which rows stand in a list: [`steadfast_operations::seam::Record::ranges`], in SQL.
fn condition(range: &Range) -> (&'static str, Vec<Value>) {
    match range {
        Range::Hosts | Range::Flavors | Range::Migrations => ("1 = 1", Vec::new()),
        Range::InventoryOf(host)
        | Range::DevicesOf(host)
        | Range::DiscrepanciesOf(host)
        | Range::ClaimsOn(host) => ("host = ?1", vec![host.put()]),
        Range::ToSanitize(host) => ("owner IS NULL AND dirt IS NOT NULL AND host = ?1", vec![host.put()]),
        Range::InstancesOn(host) => ("vm_state <> 'deleted' AND host = ?1", vec![host.put()]),
        Range::Instances { scope: Scope::All, deleted: false } => ("vm_state <> 'deleted'", Vec::new()),
        Range::Instances { scope: Scope::All, deleted: true } => ("vm_state = 'deleted'", Vec::new()),
        Range::Instances { scope: Scope::Project(project), deleted: false } => {
            ("vm_state <> 'deleted' AND project = ?1", vec![project.put()])
        }
        Range::Instances { scope: Scope::Project(project), deleted: true } => {
            ("vm_state = 'deleted' AND project = ?1", vec![project.put()])
        }
        Range::Unfinished => ("operation IS NOT NULL", Vec::new()),
        Range::ClaimsOf(instance) | Range::MigrationsOf(instance) | Range::ActionsOf(instance) => {
            ("instance = ?1", vec![instance.put()])
        }
    }
}
