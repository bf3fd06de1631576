// The issuer of one test: certified software that refuses what it should. Prints its port.
import http from "node:http";
import Provider from "oidc-provider";

const [redirect, secret] = process.argv.slice(2);
const server = http.createServer();
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{ client_id: "capmap", client_secret: secret, redirect_uris: [redirect] }],
    claims: { openid: ["sub", "roles"] },
    conformIdTokenClaims: false,
    cookies: { keys: ["of this run"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, roles: ["CapMap.Lead.QZA"] }),
    }),
    pkce: { required: () => true },
  });
  server.on("request", provider.callback());
  console.log(port);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
