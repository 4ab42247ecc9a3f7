// A real OAuth2 server with one kind of client, and switches for its failures: token_server.js SETTINGS
//
// SETTINGS is JSON: port, lifetime (seconds), secret, and as files cert, key, client_ca (optional: then it
// wants a client certificate). It says in JSON lines what happens: {"port"}, {"granted", "expires",
// "scope", "params"}, {"refused"}, {"switched"}. A line on standard input switches how it answers: normal,
// error, hang, garbage, no_token.

import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createInterface } from "node:readline";

import Provider from "oidc-provider";

const settings = JSON.parse(process.argv[2]);
let answers = "normal";

const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const client = (id, method) => ({
  client_id: id,
  client_secret: settings.secret,
  token_endpoint_auth_method: method,
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
  scope: "telemetry.write telemetry.read",
});

function provider(issuer) {
  const made = new Provider(issuer, {
    clients: [client("collector", "client_secret_basic"), client("collector-post", "client_secret_post")],
    scopes: ["telemetry.write", "telemetry.read"],
    ttl: { ClientCredentials: settings.lifetime },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        getResourceServerInfo: () => ({ scope: "telemetry.write", accessTokenFormat: "opaque" }),
      },
    },
  });
  made.use(async (context, next) => {
    await next();
    const { access_token: granted, expires_in: seconds, scope, error: refused } = context.body ?? {};
    if (granted) {
      const { client_secret: _, ...params } = context.oidc.params;
      say({ granted, expires: Date.now() + seconds * 1000, scope, params });
      // Who reads this shall know of a token before whoever asked for it uses it.
      await new Promise((resolve) => setTimeout(resolve, 50));
    } else if (refused) {
      say({ refused });
    }
  });
  return made.callback();
}

const FAILURES = {
  error: (response) => response.writeHead(500).end("out of order"),
  hang: () => {},
  garbage: (response) => response.writeHead(200, { "content-type": "application/json" }).end('{"access_token": '),
  no_token: (response) => response.writeHead(200, { "content-type": "application/json" }).end("{}"),
};

let answer;
const file = (path) => path && readFileSync(path);
const tls = {
  cert: file(settings.cert),
  key: file(settings.key),
  ca: file(settings.client_ca),
  requestCert: Boolean(settings.client_ca),
};
const server = createServer(tls, (request, response) => {
  if (answers === "normal") {
    answer(request, response);
  } else {
    say({ refused: answers });
    FAILURES[answers](response);
  }
});
server.listen(settings.port, "127.0.0.1", () => {
  const { port } = server.address();
  answer = provider(`https://localhost:${port}`);
  say({ port });
});

createInterface({ input: process.stdin })
  .on("line", (line) => {
    answers = line;
    say({ switched: line });
  })
  .on("close", () => process.exit());
