//! `/servers/{server_id}/os-instance-actions`: what was asked of a server, and how it went.

pub mod list;
pub mod show;
pub mod view;

use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::identity::role::Role;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let all = "/compute/v2.1/servers/{server_id}/os-instance-actions";
    let one = "/compute/v2.1/servers/{server_id}/os-instance-actions/{request_id}";
    let reader = Access::Role(Role::Reader);
    vec![
        Route::get(all, reader, "What was asked of a server, newest first", list::list::<C>),
        Route::get(one, reader, "One thing that was asked, and how it went", show::show::<C>),
    ]
}
