// What node programs ask with ldapts: called with the folder that holds its
// package, an address, a DN, its password and the file of the authority, prints
// one line a fact.
'use strict';

const fs = require('node:fs');
const { createRequire } = require('node:module');

const [folder, address, who, password, authority] = process.argv.slice(2);
const { Client, Attribute, Change, Control } = createRequire(`${folder}/`)('ldapts');

const PEOPLE = '(objectClass=inetOrgPerson)';
const JANE = 'cn=Jane Doe,ou=people,o=acme';

const say = (...fields) => console.log(fields.join('\t'));
const open = () => new Client({ url: `ldap://${address}`, timeout: 20000, connectTimeout: 20000 });
const list = (value) => (value === undefined ? [] : [].concat(value)).map(String).sort().join('|');
const uids = (found) => found.searchEntries.map((entry) => entry.uid).sort().join(' ');

/** What came of it, or the kind and code of the fault. */
async function outcome(work) {
  try {
    return await work();
  } catch (fault) {
    return `${fault.name} ${fault.code}`;
  }
}

async function binds(c) {
  const all = [['wrong password', JANE, 'wrong'], ['unknown name', 'cn=Nobody,o=acme', 'wrong'], ['a name without a password', JANE, ''], ['right password', who, password]];
  for (const [kind, dn, secret] of all) {
    say('bind', kind, await outcome(async () => {
      await c.bind(dn, secret);
      return 'bound';
    }));
  }
}

async function searches(c) {
  say('search', 'uid', uids(await c.search('o=acme', { filter: PEOPLE, attributes: ['uid'] })));
  say('search', 'memberOf', uids(await c.search('o=acme', { filter: `(&${PEOPLE}(memberOf=cn=CRM Editors,ou=groups,o=acme))`, attributes: ['uid'] })));
  say('search', 'umlauts', (await c.search('o=acme', { filter: '(cn=Jürgen Müller)', attributes: ['uid'] })).searchEntries.map((entry) => entry.dn).join());
  const names = ['memberOf', 'isMemberOf', 'effectiveAccess', 'accessRole;x-db-crm'];
  const her = (await c.search(JANE, { scope: 'base', attributes: names })).searchEntries[0];
  names.forEach((name) => say('read', name, list(her[name])));
  say('size limit', (await c.search('o=acme', { filter: PEOPLE, sizeLimit: 2, attributes: ['uid'] })).searchEntries.length);
  say('no such entry', await outcome(() => c.search('cn=Nobody,ou=people,o=acme', { scope: 'base' })));
  say('root DSE', list((await c.search('', { scope: 'base', attributes: ['namingContexts'] })).searchEntries[0].namingContexts));
}

async function pages(c) {
  say('pages', uids(await c.search('o=acme', { filter: PEOPLE, attributes: ['uid'], paged: { pageSize: 2 } })));
  const sizes = [];
  for await (const page of c.searchPaginated('o=acme', { filter: PEOPLE, attributes: ['uid'], paged: { pageSize: 2 } })) {
    sizes.push(page.searchEntries.length);
  }
  say('page sizes', sizes.join(' '));
}

async function compares(c) {
  const all = [['sn', 'DOE'], ['sn', 'Other'], ['effectiveAccess', 'crm#editor'], ['isMemberOf', 'CN=crm editors, OU=groups, O=acme'], ['pager', '1']];
  for (const [attribute, value] of all) {
    say('compare', attribute, value, await outcome(() => c.compare(JANE, attribute, value)));
  }
}

/** Many requests at once on one connection, whose answers come in any order. */
async function crowd(c) {
  const people = ['jdoe', 'vstone', 'pplain', 'ida', 'jmueller'];
  const asked = Array.from({ length: 200 }, (_, i) => people[i % people.length]);
  const answers = await Promise.all(asked.map((uid) => c.search('o=acme', { filter: `(uid=${uid})`, attributes: ['uid', 'effectiveAccess'] })));
  say('at once', answers.filter((found, i) => found.searchEntries.length === 1 && found.searchEntries[0].uid === asked[i]).length);
}

async function refusals(c) {
  const critical = new Control('1.2.3.4', { critical: true });
  say('unknown critical control', await outcome(async () => uids(await c.search(JANE, { scope: 'base', attributes: ['uid'] }, critical))));
  const change = new Change({ operation: 'replace', modification: new Attribute({ type: 'sn', values: ['Other'] }) });
  say('write', await outcome(() => c.modify(JANE, change)));
  say('who', (await c.exop('1.3.6.1.4.1.4203.1.11.3')).value);
}

async function startTLS() {
  const c = open();
  await c.startTLS({ ca: [fs.readFileSync(authority)], host: address.split(':')[0] }); // without a host it checks the certificate for localhost
  await c.bind(JANE, 'jdoe');
  say('StartTLS', uids(await c.search('o=acme', { filter: PEOPLE, attributes: ['uid'] })));
  await c.unbind();
}

(async () => {
  const c = open();
  await binds(c);
  await searches(c);
  await pages(c);
  await compares(c);
  await crowd(c);
  await refusals(c);
  await c.unbind();
  await startTLS();
})().catch((fault) => {
  console.log('fault', fault);
  process.exitCode = 1;
});
