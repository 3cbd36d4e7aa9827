// What a user would write instead of Tributary: the official package verifies a delivery, and one transaction
// keeps the raw event, its sale and the sale's commission; a delivery that comes again changes nothing.
//
// It is written well on purpose, prepared statements and all, and does no more than that: no refunds, no other
// names of the payment, nothing late or out of order. `make bench` measures Tributary beside it.
//
// Environment: PORT, STRIPE_SECRET, and DATABASE: a file's path, or postgres://…; WORKERS, 1 unless set.
'use strict';

const cluster = require('node:cluster');
const express = require('express');
const Stripe = require('stripe');

const { PORT, STRIPE_SECRET, DATABASE, WORKERS = '1' } = process.env;
const BASIS_POINTS = 1000n;

/** What is kept of a paid invoice. */
function rows(event, body) {
  const invoice = event.data.object;
  const metadata = invoice.parent?.subscription_details?.metadata ?? invoice.metadata ?? {};
  const amount = invoice.total;
  return {
    event: [event.id, event.type, body],
    sale: [invoice.id, event.id, invoice.customer, invoice.customer_email, amount, invoice.currency, event.created],
    commission: metadata.refp_id && [
      invoice.id, metadata.refp_id, Number((BigInt(amount) * BASIS_POINTS) / 10000n), invoice.currency,
    ],
  };
}

const SCHEMA = (bytes) => `
  create table if not exists raw_events (id text primary key, type text not null, body ${bytes} not null);
  create table if not exists sales (id text primary key, event_id text not null, customer text not null,
    email text, amount bigint not null, currency text not null, occurred_at bigint not null);
  create table if not exists commissions (sale_id text primary key, click_id text not null,
    amount bigint not null, currency text not null);`;

const INSERTS = (place) => {
  const values = (count) => Array.from({ length: count }, (_, index) => place(index + 1)).join(', ');
  return {
    event: `insert into raw_events values (${values(3)}) on conflict do nothing`,
    sale: `insert into sales values (${values(7)}) on conflict do nothing`,
    commission: `insert into commissions values (${values(4)}) on conflict do nothing`,
  };
};

async function openSqlite(path) {
  const Database = require('better-sqlite3');
  const db = new Database(path, { timeout: 10000 });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(SCHEMA('blob'));
  const inserts = Object.entries(INSERTS(() => '?')).map(([table, sql]) => [table, db.prepare(sql)]);
  const keep = db.transaction((values) => {
    for (const [table, insert] of inserts) {
      if (values[table]) insert.run(values[table]);
    }
  });
  return { keep: async (values) => keep.immediate(values), close: async () => db.close() };
}

async function openPostgres(url) {
  const { Pool } = require('pg');
  const pool = new Pool({ connectionString: url, max: 10 });
  if (cluster.isPrimary) await pool.query(SCHEMA('bytea'));
  const inserts = Object.entries(INSERTS((number) => `$${number}`));
  return {
    keep: async (values) => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        for (const [table, text] of inserts) {
          // Named, so that each connection prepares it once.
          if (values[table]) await client.query({ name: table, text, values: values[table] });
        }
        await client.query('commit');
        client.release();
      } catch (error) {
        client.release(error);
        throw error;
      }
    },
    close: () => pool.end(),
  };
}

async function serve() {
  const store = await openStore();
  const stripe = new Stripe('sk_test_unused');
  const app = express();
  app.get('/healthz', (request, response) => response.json({ status: 'alive' }));
  app.post('/webhooks/stripe', express.raw({ type: '*/*', limit: '1mb' }), async (request, response) => {
    let event;
    try {
      event = stripe.webhooks.constructEvent(request.body, request.headers['stripe-signature'], STRIPE_SECRET);
    } catch {
      return response.status(401).end();
    }
    try {
      if (event.type === 'invoice.paid') await store.keep(rows(event, request.body));
      response.status(200).end();
    } catch (error) {
      console.error(error.message);
      response.status(503).end();
    }
  });
  const server = app.listen(Number(PORT), '127.0.0.1');
  process.on('SIGTERM', () => {
    server.close(() => store.close().then(() => process.exit(0)));
    server.closeAllConnections();
  });
}

async function openStore() {
  return DATABASE.startsWith('postgres') ? openPostgres(DATABASE) : openSqlite(DATABASE);
}

async function fork() {
  // The schema is there before anybody serves.
  const store = await openStore();
  await store.close();
  for (let worker = 0; worker < Number(WORKERS); worker += 1) cluster.fork();
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM');
    cluster.disconnect(() => process.exit(0));
  });
}

if (cluster.isPrimary && Number(WORKERS) > 1) {
  fork();
} else {
  serve();
}
