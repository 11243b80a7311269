// SPDX-License-Identifier: Apache-2.0
// Does with jsforce what a program does with Salesforce, and prints what came of it as JSON.
//   node jsforce_client.js http://127.0.0.1:PORT
const jsforce = require("jsforce");

const KEY = "External_Id__c";

async function main(url) {
  const form = new URLSearchParams({ grant_type: "client_credentials", client_id: "jsforce", client_secret: "jsforce" });
  const token = await (await fetch(url + "/services/oauth2/token", { method: "POST", body: form })).json();
  const conn = new jsforce.Connection({ loginUrl: url, instanceUrl: token.instance_url, accessToken: token.access_token, version: "59.0" });
  const said = {};

  const contact = (key, more) => ({ [KEY]: key, LastName: "Hopper", ...more });
  const made = await conn.sobject("Contact").create([contact("a", { FirstName: "Grace" }), contact("b")]);
  said.created = made.every((r) => r.success);
  const updated = await conn.sobject("Contact").update([{ Id: made[0].id, Title: "Admiral" }]);
  said.updated = updated[0].success;
  const upserted = await conn.sobject("Contact").upsert([contact("c"), contact("a")], KEY);
  said.upserted = upserted.map((r) => r.created);
  const failed = await conn.sobject("Contact").upsert([contact("d", { Email: "123" })], KEY);
  said.failed = failed[0].errors.map((e) => e.statusCode ?? e.errorCode);
  const found = await conn.sobject("Contact").find({ [KEY]: "a" }, "Id, Name");
  said.found = found.map((r) => r.Name);
  const described = await conn.describe("Contact");
  said.fields = described.fields.some((f) => f.name === KEY && f.externalId);
  const composite = await conn.request({
    method: "POST",
    url: "/services/data/v59.0/composite",
    body: JSON.stringify({
      compositeRequest: [
        { method: "POST", url: "/services/data/v59.0/sobjects/Account", referenceId: "one", body: { Name: "Acme" } },
        { method: "GET", url: "/services/data/v59.0/sobjects/Account/@{one.id}", referenceId: "two" },
      ],
    }),
    headers: { "Content-Type": "application/json" },
  });
  said.composite = composite.compositeResponse.map((r) => r.httpStatusCode);
  const deleted = await conn.sobject("Contact").destroy(made.map((r) => r.id));
  said.deleted = deleted.map((r) => r.success);

  const many = Array.from({ length: 300 }, (_, i) => contact("k" + i));
  await conn.sobject("Contact").create(many, { allowRecursive: true });
  const rows = await conn.query(`SELECT Id FROM Contact WHERE ${KEY} LIKE 'k%'`, { autoFetch: true, maxFetch: 1000 });
  said.pages = rows.records.length;

  // An expired session: jsforce asks its refresh function for another token and repeats the call.
  await fetch(url + "/control/tokens/expire", { method: "POST" });
  const again = new jsforce.Connection({
    loginUrl: url,
    instanceUrl: url,
    accessToken: token.access_token,
    refreshFn: async (_conn, callback) => {
      const fresh = await (await fetch(url + "/services/oauth2/token", { method: "POST", body: form })).json();
      callback(null, fresh.access_token);
    },
  });
  said.refreshed = (await again.query("SELECT Id FROM Contact LIMIT 1")).records.length === 1;
  console.log(JSON.stringify(said));
}

main(process.argv[2]).catch((e) => {
  console.error(e);
  process.exit(1);
});
