//! What a commit stores, refuses, and records.

use steadfast_model::claim::{Claim, Proof};
use steadfast_model::host::Host;
use steadfast_model::ids::{Generation, Version};
use steadfast_model::instance::Instance;
use steadfast_model::ledger::Event;
use steadfast_model::pci::Device;
use steadfast_operations::refused::Refused;
use steadfast_operations::seam::{
    CommitError, Draft, Halt, Key, Overlay, RawAsk, Seen, claims_on, devices_of, get, hosts,
};
use steadfast_store::Backend;

use crate::engines::{NOW, WRITER, commit, commit_all, on_each, run, view};
use crate::sample;

/// Two hosts and an instance.
fn filled(engine: &mut dyn Backend) {
    commit(engine, 1, |tx| {
        tx.insert(sample::host("h1"));
        tx.insert(sample::host("h2"));
        tx.insert(sample::device("h1", 3));
        tx.insert(sample::instance(1, "blue"));
        Ok(())
    })
    .expect("an empty store takes new rows");
}

fn seen_host(engine: &mut dyn Backend, name: &str) -> Seen<Host> {
    view(engine, |view| Ok(view.read(get::<Host>(&sample::host_id(name)))?)).expect("the host exists")
}

fn disabled(host: &Host, why: &str) -> Host {
    Host { disabled: Some(why.to_owned()), ..host.clone() }
}

#[test]
fn own_writes_are_visible_and_nobody_elses_before_the_commit() {
    on_each(|name, engine| {
        filled(engine);
        let draft = run(engine, &Overlay::default(), 2, |tx| {
            let host = tx.read(get::<Host>(&sample::host_id("h1")))?.expect("it exists");
            tx.update(&host, disabled(&host, "own"));
            tx.insert(sample::host("h0"));
            let rows = tx.read(hosts())?;
            Ok(rows.iter().map(|row| (row.id.to_string(), row.disabled.clone())).collect::<Vec<_>>())
        });
        let expected = [("h0", None), ("h1", Some("own")), ("h2", None)]
            .map(|(id, why)| (id.to_owned(), why.map(ToOwned::to_owned)));
        assert_eq!(draft.expect("it runs").value, expected, "{name}");
        engine.rollback();
        assert_eq!(seen_host(engine, "h1").disabled, None, "{name}");
    });
}

#[test]
fn a_row_that_changed_since_it_was_seen_is_not_written_over() {
    on_each(|name, engine| {
        filled(engine);
        let seen = seen_host(engine, "h1");
        let write = |why: &'static str| {
            let seen = seen.clone();
            move |tx: &mut steadfast_operations::seam::Tx<'_>| {
                tx.update(&seen, disabled(&seen, why));
                tx.insert(sample::host(why));
                Ok(())
            }
        };
        commit(engine, 2, write("first")).expect("nobody changed it");
        let conflict = commit(engine, 3, write("second"));
        assert_eq!(conflict, Err(CommitError::Conflict), "{name}");
        assert_eq!(seen_host(engine, "h1").disabled.as_deref(), Some("first"), "{name}");
        let hosts = view(engine, |view| Ok(view.read(hosts())?.len()));
        assert_eq!(hosts, 3, "{name}: a conflict writes nothing at all");
    });
}

#[test]
fn a_row_that_exists_is_not_inserted_again() {
    on_each(|name, engine| {
        filled(engine);
        let insert = |tx: &mut steadfast_operations::seam::Tx<'_>| {
            tx.insert(disabled(&sample::host("h1"), "again"));
            Ok(())
        };
        assert_eq!(commit(engine, 2, insert), Err(CommitError::Conflict), "{name}");
        assert_eq!(seen_host(engine, "h1").disabled, None, "{name}");
    });
}

#[test]
fn a_row_that_is_gone_is_not_removed_again() {
    on_each(|name, engine| {
        filled(engine);
        let device = view(engine, |view| Ok(view.read(devices_of(&sample::host_id("h1")))?.remove(0)));
        let remove = |tx: &mut steadfast_operations::seam::Tx<'_>| {
            tx.remove(&device);
            Ok(())
        };
        commit(engine, 2, remove).expect("it is there");
        assert_eq!(commit(engine, 3, remove), Err(CommitError::Conflict), "{name}");
    });
}

#[test]
fn parents_count_the_changes_of_the_rows_listed_under_them() {
    on_each(|name, engine| {
        filled(engine);
        let children = |engine: &mut dyn Backend| {
            let (instance, h2) = (sample::instance_id(1), sample::host_id("h2"));
            view(engine, |view| {
                let (instance, host) = view.read((get::<Instance>(&instance), get::<Host>(&h2)))?;
                Ok([instance.expect("it exists").children, host.expect("it exists").children])
            })
        };
        assert_eq!(children(engine), [Generation(0), Generation(0)], "{name}");
        commit(engine, 2, |tx| {
            tx.insert(sample::claim(1, 1, "h2"));
            tx.insert(sample::device("h2", 4));
            Ok(())
        })
        .expect("new rows");
        assert_eq!(children(engine), [Generation(1), Generation(1)], "{name}: one rise for each commit");
    });
}

#[test]
fn a_row_from_an_earlier_step_has_the_children_of_now() {
    on_each(|name, engine| {
        filled(engine);
        let seen = seen_host(engine, "h1");
        commit(engine, 2, |tx| {
            tx.insert(sample::device("h1", 4));
            Ok(())
        })
        .expect("a new row");
        let (children, _) = commit(engine, 3, |tx| {
            tx.update(&seen, disabled(&seen, "later"));
            let id = sample::host_id("h1");
            let (host, listed) = tx.read((get::<Host>(&id), hosts()))?;
            Ok([host.expect("it exists").children, listed[0].children])
        })
        .expect("only its children changed");
        let expected = seen.children.next();
        assert_eq!(children, [expected; 2], "{name}");
        assert_eq!(seen_host(engine, "h1").children, expected, "{name}");
    });
}

#[test]
fn another_wanted_state_raises_the_hosts_list_gen() {
    on_each(|name, engine| {
        filled(engine);
        let before = seen_host(engine, "h1").list_gen;
        commit(engine, 2, |tx| {
            tx.insert(sample::claim(1, 1, "h1"));
            Ok(())
        })
        .expect("a new row");
        let claimed = seen_host(engine, "h1").list_gen;
        assert_eq!(claimed, before.next(), "{name}: a new claim");
        let told = |tx: &mut steadfast_operations::seam::Tx<'_>| {
            let claim = tx.read(claims_on(&sample::host_id("h1")))?.remove(0);
            tx.update(&claim, Claim { told: true, ..claim.row.as_ref().clone() });
            Ok(())
        };
        commit(engine, 3, told).expect("nobody else writes");
        assert_eq!(seen_host(engine, "h1").list_gen, claimed, "{name}: nothing else is wanted");
        let leave = |tx: &mut steadfast_operations::seam::Tx<'_>| {
            let claim = tx.read(claims_on(&sample::host_id("h1")))?.remove(0);
            tx.update(&claim, claim.leaving());
            Ok(())
        };
        commit(engine, 4, leave).expect("nobody else writes");
        assert_eq!(seen_host(engine, "h1").list_gen, claimed.next(), "{name}: it must go");
    });
}

#[test]
fn the_feed_names_every_commit_and_its_keys() {
    on_each(|name, engine| {
        filled(engine);
        let (_, second) = commit(engine, 2, |tx| {
            tx.insert(sample::host("h3"));
            Ok(())
        })
        .expect("a new row");
        let feed = engine.feed(Version(0), 10).expect("the feed is read");
        assert_eq!(feed.iter().map(|entry| entry.n).collect::<Vec<_>>(), [1, 2], "{name}");
        let last = &feed[1];
        assert_eq!((last.version, last.writer, last.at), (second, WRITER, NOW), "{name}");
        assert_eq!(last.step, "test", "{name}");
        assert_eq!(last.keys, [Key::Host(sample::host_id("h3"))], "{name}");
        assert!(feed[0].version < second, "{name}");
        assert_eq!(engine.feed(feed[0].version, 10).expect("read"), feed[1..], "{name}: after the first");
        assert_eq!(engine.feed(Version(0), 1).expect("read"), feed[..1], "{name}: one only");
        engine.rollback();
        assert_eq!(engine.head(), Ok(second), "{name}");
        engine.rollback();
    });
}

#[test]
fn a_commit_is_found_by_writer_and_number() {
    on_each(|name, engine| {
        filled(engine);
        let version = engine.head().expect("the head is read");
        engine.rollback();
        assert_eq!(engine.committed(WRITER, 1), Ok(Some(version)), "{name}");
        assert_eq!(engine.committed(WRITER, 2), Ok(None), "{name}");
        assert_eq!(engine.committed(sample::uuid(9), 1), Ok(None), "{name}");
    });
}

#[test]
fn the_ledger_follows_claims_and_devices() {
    on_each(|name, engine| {
        filled(engine);
        let h1 = sample::host_id("h1");
        commit(engine, 2, |tx| {
            let device = tx.read(devices_of(&h1))?.remove(0);
            tx.insert(sample::claim(1, 1, "h1"));
            let owner = Some(sample::claim_id(1));
            tx.update(&device, Device { owner, ..device.row.as_ref().clone() });
            Ok(())
        })
        .expect("granted");
        commit(engine, 3, |tx| {
            let claim = tx.read(claims_on(&h1))?.remove(0);
            tx.update(&claim, claim.leaving());
            Ok(())
        })
        .expect("left");
        commit(engine, 4, |tx| {
            let (claims, devices) = tx.read((claims_on(&h1), devices_of(&h1)))?;
            tx.update(&devices[0], Device { owner: None, ..devices[0].row.as_ref().clone() });
            tx.end_claim(&claims[0], Proof::untold(&claims[0]).expect("nobody was told of it"));
            Ok(())
        })
        .expect("ended");
        let ledger = engine.ledger().expect("the ledger is read");
        engine.rollback();
        let told: Vec<_> = ledger.iter().map(|line| (line.version.0, line.entry.event)).collect();
        let v = told[0].0;
        let expected = [
            (v, Event::Claimed),
            (v, Event::Granted),
            (v + 1, Event::RoleChanged),
            (v + 2, Event::Released),
            (v + 2, Event::Ended),
        ];
        assert_eq!(told, expected, "{name}");
        assert_eq!(ledger[1].entry.device, Some(sample::address(3)), "{name}");
        assert_eq!(ledger[4].entry.proof.as_deref(), Some("untold"), "{name}");
        assert_eq!(ledger[4].cause, crate::engines::cause(), "{name}");
    });
}

#[test]
fn a_refused_body_writes_nothing_and_its_batch_goes_on() {
    on_each(|name, engine| {
        filled(engine);
        let mut base = Overlay::default();
        let mut batch = Vec::new();
        let first = run(engine, &base, 2, |tx| {
            let host = tx.read(get::<Host>(&sample::host_id("h1")))?.expect("it exists");
            tx.update(&host, disabled(&host, "first"));
            Ok(())
        });
        let first = first.expect("it runs").changes;
        base.absorb(&first);
        batch.push(first);
        let refused = run(engine, &base, 3, |tx| {
            tx.insert(sample::host("h9"));
            Err::<(), _>(Halt::Refused(Refused::Invalid("no".to_owned())))
        });
        assert!(matches!(refused, Err(Halt::Refused(_))), "{name}");
        let Draft { value, changes, .. } = run(engine, &base, 4, |tx| {
            let host = tx.read(get::<Host>(&sample::host_id("h1")))?.expect("it exists");
            let before = host.disabled.clone();
            tx.update(&host, disabled(&host, "third"));
            tx.insert(sample::claim(1, 1, "h1"));
            Ok(before)
        })
        .expect("it runs");
        assert_eq!(value.as_deref(), Some("first"), "{name}: a batch sees what came before in it");
        batch.push(changes);
        let last = commit_all(engine, &batch).expect("nobody else writes");
        let host = seen_host(engine, "h1");
        assert_eq!(host.disabled.as_deref(), Some("third"), "{name}");
        assert_eq!((host.generation, host.children), (Generation(3), Generation(2)), "{name}");
        let feed: Vec<_> = engine.feed(Version(0), 10).expect("read").iter().map(|e| e.n).collect();
        engine.rollback();
        assert_eq!(feed, [1, 2, 4], "{name}");
        assert_eq!(engine.head(), Ok(last), "{name}");
        engine.rollback();
        let absent = engine.fetch(&[RawAsk::Get(Key::Host(sample::host_id("h9")))]).expect("read");
        engine.rollback();
        assert_eq!(absent, [vec![]], "{name}");
    });
}

#[test]
fn a_row_may_come_and_go_within_a_batch() {
    on_each(|name, engine| {
        filled(engine);
        let come_and_go = |engine: &mut dyn Backend, bus: u8, n: u64| {
            let mut base = Overlay::default();
            let come = run(engine, &base, n, |tx| {
                tx.insert(sample::device("h1", bus));
                Ok(())
            });
            let come = come.expect("it runs").changes;
            base.absorb(&come);
            let go = run(engine, &base, n + 1, |tx| {
                let devices = tx.read(devices_of(&sample::host_id("h1")))?;
                let device = devices.iter().find(|row| row.seen.address == sample::address(bus));
                tx.remove(device.expect("the batch before it put it there"));
                Ok(())
            });
            commit_all(engine, &[come, go.expect("it runs").changes])
        };
        come_and_go(engine, 4, 2).expect("it was not there");
        let buses = view(engine, |view| Ok(view.read(devices_of(&sample::host_id("h1")))?.len()));
        assert_eq!(buses, 1, "{name}");
        assert_eq!(come_and_go(engine, 3, 4), Err(CommitError::Conflict), "{name}: it was there before");
    });
}
