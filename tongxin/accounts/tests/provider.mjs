// An identity provider on loopback, for the tests: node provider.mjs PORT REDIRECT_URI …
// Whoever signs in is what their name says; "liar" is told apart from their subject.
import Provider from 'oidc-provider'

const [port, callback, after] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${port}`
const client = (client_id, more = {}) => ({
  client_id, client_secret: `secret-of-${client_id}-0123456789abcdef`, redirect_uris: [callback],
  post_logout_redirect_uris: [after], grant_types: ['authorization_code'], response_types: ['code'], ...more,
})
const PHONES = { '王芳': '+8613820261122' }
const provider = new Provider(issuer, {
  clients: [client('tongxin'), client('basic', { token_endpoint_auth_method: 'client_secret_basic' }), client('hasty')],
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({
      sub: id, preferred_username: id, name: `姓名 ${id}`, email: `${id}@example.org`,
      email_verified: id !== 'unverified', phone_number: PHONES[id] ?? '', phone_number_verified: true,
    }),
  }),
  claims: { openid: ['sub'], profile: ['preferred_username', 'name'], email: ['email', 'email_verified'], phone: ['phone_number', 'phone_number_verified'] },
  ttl: { IdToken: (ctx, token, { clientId }) => (clientId === 'hasty' ? 1 : 3600), AccessToken: 600, AuthorizationCode: 60, Grant: 3600, Interaction: 600, Session: 3600 },
  pkce: { required: () => true },
  cookies: { keys: ['only-for-tests'] },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
})
provider.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'))
