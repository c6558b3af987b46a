//! A host under test: an agent that speaks over HTTP and does at once whatever it is told.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::api::{Answer, Api, agent_key, ask};

/// A host with two GPUs that stand alone, and a NIC with two virtual functions.
pub struct Host<'a> {
    api: &'a Api,
    name: &'static str,
    lives: u64,
    epoch: u64,
    list_gen: u64,
    seq: u64,
    /// Instances that it cannot build.
    pub broken: BTreeSet<String>,
    /// Whether its GPUs are sanitised between two grants.
    pub sanitizes: bool,
    /// What becomes of a device that it is to sanitise; nothing as long as it is at it.
    pub sanitized: Option<Value>,
}

fn device(address: &str, kind: &str, product: &str, parent: Option<&str>) -> Value {
    json!({
        "address": address, "kind": kind, "vendor": "10de", "product": product, "numa_node": 0, "parent": parent,
        "resource_class": null, "traits": ["CUSTOM_FAST"], "tags": {},
    })
}

pub fn devices() -> Value {
    json!([
        device("0000:81:00.0", "type-PCI", "2330", None),
        device("0000:82:00.0", "type-PCI", "2330", None),
        device("0000:c1:00.0", "type-PF", "10ee", None),
        device("0000:c1:00.1", "type-VF", "10ed", Some("0000:c1:00.0")),
        device("0000:c1:00.2", "type-VF", "10ed", Some("0000:c1:00.0")),
    ])
}

fn stock(class: &str, total: u64, reserved: u64, ratio: u64) -> Value {
    json!({
        "class": class, "total": total, "reserved": reserved, "ratio": ratio, "min_unit": 1, "max_unit": total,
        "step_size": 1,
    })
}

impl<'a> Host<'a> {
    /// A host that has not registered yet.
    pub fn off(api: &'a Api, name: &'static str) -> Host<'a> {
        let (sanitizes, sanitized) = (false, None);
        let broken = BTreeSet::new();
        Host { api, name, lives: 0, epoch: 0, list_gen: 0, seq: 0, broken, sanitizes, sanitized }
    }

    /// A host that has registered and reported.
    pub async fn up(api: &'a Api, name: &'static str) -> Host<'a> {
        let mut host = Host::off(api, name);
        host.start().await;
        host
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    async fn say(&self, message: &str, body: &Value) -> Answer {
        let key = format!("Bearer {}", agent_key(self.name));
        let asked = ask("POST", &format!("/agent/v1/{message}")).header("Authorization", &key).json(body);
        self.api.send(asked).await
    }

    /// A new life: registers, reports what it has, and does what its list says.
    pub async fn start(&mut self) {
        self.lives += 1;
        let hello = self.say("hello", &json!({"host": self.name, "protocol": 3})).await.expect(200);
        let life =
            uuid::Uuid::from_u64_pair(self.lives, u64::from(self.name.as_bytes()[self.name.len() - 1]));
        let from = &hello.json()["epoch"];
        let body = json!({"host": self.name, "protocol": 3, "nonce": life, "boot_id": life, "from": from});
        let registered = self.say("register", &body).await.expect(200);
        self.epoch = registered.json()["epoch"].as_u64().expect("an epoch");
        self.obey().await;
    }

    /// Asks for the list, does what it says, reports; until the list stays as it is.
    pub async fn obey(&mut self) {
        loop {
            let asked = json!({"host": self.name, "epoch": self.epoch, "since": null});
            let list = self.say("list", &asked).await.expect(200).json();
            let list_gen = list["list_gen"].as_u64().expect("a number");
            let statements: Vec<Value> =
                list["entries"].as_array().expect("a list").iter().map(|entry| self.answer(entry)).collect();
            let sanitized: Vec<Value> = list["to_sanitize"]
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(|asked| {
                    let outcome = self.sanitized.as_ref()?;
                    Some(json!({"device": asked["device"], "dirt": asked["dirt"], "outcome": outcome}))
                })
                .collect();
            self.seq += 1;
            let machine = json!({"hypervisor_type": "sim", "hypervisor_version": 1, "host_ip": "10.0.0.1", "cells": []});
            let census = json!({
                "seq": self.seq,
                "machine": machine,
                "stocks": [stock("VCPU", 8, 0, 4000), stock("MEMORY_MB", 16384, 512, 1000), stock("DISK_GB", 100, 0, 1000)],
                "devices": self.devices(),
                "unknown_guests": [],
            });
            let body = json!({
                "host": self.name, "epoch": self.epoch, "seq": self.seq, "unheard": false, "list_gen": list_gen,
                "statements": statements, "sanitized": sanitized, "census": census,
            });
            self.say("report", &body).await.expect(200);
            self.api.world.settle().await;
            if list_gen == self.list_gen {
                return;
            }
            self.list_gen = list_gen;
        }
    }

    fn devices(&self) -> Value {
        let mut all = devices();
        let gpus =
            all.as_array_mut().expect("a list").iter_mut().filter(|device| device["product"] == "2330");
        for gpu in gpus.filter(|_| self.sanitizes) {
            gpu["sanitizer"] = json!("reset");
        }
        all
    }

    fn answer(&self, entry: &Value) -> Value {
        let instance = entry["guest"]["instance"].as_str().expect("an id");
        let answer = match entry["wanted"].as_str().expect("a word") {
            "gone" => json!("gone"),
            _ if self.broken.contains(instance) => json!({"failed": "no such kernel"}),
            "run" => json!("running"),
            _ => json!("off"),
        };
        json!({"claim": entry["guest"]["claim"], "order": entry["order"], "answer": answer})
    }
}
