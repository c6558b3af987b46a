//! Which servers a list shows.

use std::collections::BTreeSet;

use steadfast_model::cause::Scope;
use steadfast_model::ids::{HostId, Moment, ProjectId, UserId};
use steadfast_model::instance::Instance;
use uuid::Uuid;

use super::status::Status;
use crate::http::microversion::Microversion;
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};
use crate::http::stamp;
use crate::http::versions::compute::{
    CHANGES_BEFORE, SERVER_FILTERS_FOR_USERS, SERVER_STATUS_CHECKED, STRICT,
};
use crate::identity::caller::Caller;

/// Parameters that Nova takes and that can exclude nothing here, or say only how to sort.
const IGNORED: [&str; 6] = ["reservation_id", "ip", "ip6", "sort_key", "sort_dir", "not-tags"];

/// What a client asks for. Everything must hold.
#[derive(Debug, Clone)]
pub struct Filter {
    pub scope: Scope,
    /// The only host, which has a list of its own.
    pub host: Option<HostId>,
    /// None: both, for those who ask what changed.
    pub deleted: Option<bool>,
    name: Option<Pattern>,
    statuses: Option<BTreeSet<Status>>,
    project: Option<ProjectId>,
    user: Option<UserId>,
    flavor: Option<String>,
    image: Option<Uuid>,
    vm_state: Option<String>,
    task_state: Option<String>,
    changed_since: Option<Moment>,
    changed_before: Option<Moment>,
    /// Asked for something that no server here can be.
    nothing: bool,
}

impl Filter {
    /// Takes the filters out of a query. Those that only operators have are nothing to others, as in Nova.
    ///
    /// # Errors
    /// 400 for a value that makes no sense, 403 for other projects' or deleted servers.
    pub fn parse(query: &mut Query, caller: &Caller, version: Microversion) -> Result<Filter, Refusal> {
        let mut operators = Operators::take(query)?;
        // An operator who names a project means all of them but for that one, unless the query says otherwise.
        let names_project = operators.project.is_some() && caller.is_admin();
        let all_projects = query.flag("all_tenants")?.unwrap_or(names_project);
        if all_projects && !caller.is_admin() {
            return Err(Refusal::forbidden("only an admin may list the servers of all projects"));
        }
        let (statuses, mut nothing) = statuses(query, version)?;
        let deleted = deleted(query, caller, statuses.as_ref())?;
        let instant = |query: &mut Query, key| {
            query.parsed_by(key, "a time such as 2026-01-31T12:00:00Z", stamp::parse)
        };
        let changed_since = instant(query, "changes-since")?;
        let changed_before = if version >= CHANGES_BEFORE { instant(query, "changes-before")? } else { None };
        query.ignore(&IGNORED);
        let mut filter = Filter {
            scope: caller.list_scope(all_projects),
            host: None,
            deleted: if changed_since.is_some() && deleted.is_none() {
                None
            } else {
                Some(deleted.unwrap_or(false))
            },
            name: query.text("name").map(|text| Pattern::parse(&text)),
            statuses,
            project: None,
            user: None,
            flavor: query.text("flavor").map(last_segment),
            image: query.text("image").map(last_segment).and_then(|id| id.parse().ok()),
            vm_state: None,
            task_state: None,
            changed_since,
            changed_before,
            nothing: false,
        };
        nothing |= !query.every("tags").is_empty() || !query.every("tags-any").is_empty();
        operators.apply(&mut filter, caller, version, all_projects);
        filter.nothing |= nothing;
        Ok(filter)
    }

    #[must_use]
    pub fn takes(&self, row: &Instance) -> bool {
        fn same<T: PartialEq>(wanted: Option<&T>, is: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == is)
        }
        !self.nothing
            && self.scope.covers(&row.project)
            && same(self.project.as_ref(), &row.project)
            && same(self.user.as_ref(), &row.user)
            && self.host.as_ref().is_none_or(|host| row.host.as_ref() == Some(host))
            && self.name.as_ref().is_none_or(|name| name.matches(&row.name))
            && self.statuses.as_ref().is_none_or(|statuses| statuses.contains(&Status::of(row)))
            && self.flavor.as_ref().is_none_or(|flavor| row.flavor.id.as_str() == flavor)
            && self.image.is_none_or(|image| row.image == Some(image))
            && self.vm_state.as_ref().is_none_or(|state| row.vm_state.name() == state)
            && self.task_state.as_ref().is_none_or(|state| row.task_state() == Some(state.as_str()))
            && self.changed_since.is_none_or(|since| row.updated_at >= since)
            && self.changed_before.is_none_or(|before| row.updated_at <= before)
    }
}

/// The filters that only operators had before 2.83.
struct Operators {
    host: Option<String>,
    project: Option<String>,
    user: Option<String>,
    vm_state: Option<String>,
    task_state: Option<String>,
}

impl Operators {
    fn take(query: &mut Query) -> Result<Operators, Refusal> {
        let host = query.text("host").or_else(|| query.text("node"));
        let project = query.text("project_id").or_else(|| query.text("tenant_id"));
        let taken = Operators {
            host,
            project,
            user: query.text("user_id"),
            vm_state: query.text("vm_state"),
            task_state: query.text("task_state"),
        };
        query.flag("locked")?;
        Ok(taken)
    }

    fn apply(&mut self, filter: &mut Filter, caller: &Caller, version: Microversion, all_projects: bool) {
        if caller.is_admin() {
            filter.nothing |= unnameable(&self.host) || (all_projects && unnameable(&self.project));
            filter.host = self.host.as_ref().and_then(|host| host.parse().ok());
            filter.project = self.project.as_ref().filter(|_| all_projects).and_then(|id| id.parse().ok());
        }
        if caller.is_admin() || version >= SERVER_FILTERS_FOR_USERS {
            filter.user = self.user.as_ref().and_then(|id| id.parse().ok());
            filter.vm_state = self.vm_state.take();
            filter.task_state = self.task_state.take();
        }
    }
}

/// A text that can be no name, so that nothing has it.
fn unnameable(text: &Option<String>) -> bool {
    text.as_ref().is_some_and(|text| text.parse::<HostId>().is_err())
}

fn last_segment(reference: String) -> String {
    reference.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The statuses asked for, and whether that leaves nothing to show.
fn statuses(query: &mut Query, version: Microversion) -> Result<(Option<BTreeSet<Status>>, bool), Refusal> {
    let asked = query.every("status");
    if asked.is_empty() {
        return Ok((None, false));
    }
    let mut statuses = BTreeSet::new();
    for name in asked {
        match Status::from_name(&name) {
            Ok(status) => statuses.extend(status),
            Err(_) if version >= SERVER_STATUS_CHECKED => {
                let name = quote(&name);
                return Err(Refusal::bad_request(format!(
                    "the query is refused at `status`: no server is ever {name}"
                )));
            }
            Err(_) => {}
        }
    }
    let nothing = statuses.is_empty();
    Ok((Some(statuses), nothing))
}

/// Whether deleted servers are asked for; only operators see them.
fn deleted(
    query: &mut Query,
    caller: &Caller,
    statuses: Option<&BTreeSet<Status>>,
) -> Result<Option<bool>, Refusal> {
    let asked = query.flag("deleted")?;
    let by_status = statuses.is_some_and(|statuses| statuses.contains(&Status::Deleted));
    if by_status && !caller.is_admin() {
        return Err(Refusal::forbidden("only an admin may list deleted servers"));
    }
    if by_status {
        return Ok(Some(true));
    }
    Ok(asked.filter(|deleted| caller.is_admin() || !*deleted))
}

/// Nova compares names with a regular expression; of those, what clients send is a text, perhaps bound to either end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    text: String,
    from_start: bool,
    to_end: bool,
}

impl Pattern {
    fn parse(text: &str) -> Pattern {
        let (from_start, text) = text.strip_prefix('^').map_or((false, text), |rest| (true, rest));
        let (to_end, text) = text.strip_suffix('$').map_or((false, text), |rest| (true, rest));
        Pattern { text: text.to_owned(), from_start, to_end }
    }

    fn matches(&self, name: &str) -> bool {
        match (self.from_start, self.to_end) {
            (true, true) => name == self.text,
            (true, false) => name.starts_with(&self.text),
            (false, true) => name.ends_with(&self.text),
            (false, false) => name.contains(&self.text),
        }
    }
}

/// Whether what is left of the query is refused.
#[must_use]
pub fn is_strict(version: Microversion) -> bool {
    version >= STRICT
}
