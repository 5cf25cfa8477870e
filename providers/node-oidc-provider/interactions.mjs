// Asks the user to log in and to consent: oidc-provider leaves both to the deployer.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import { consentPage, loginPage, messagePage } from './pages.mjs';

const BODY_LIMIT = 16 * 1024;
const key = randomBytes(32);

/** The hidden token that binds a form to one interaction and one step of it. */
const tokenOf = ({ uid, prompt }) => createHmac('sha256', key).update(`${prompt.name} ${uid}`).digest('base64url');

function equal(left, right) {
  const digest = (text) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

async function readForm(ctx) {
  if (!ctx.is('application/x-www-form-urlencoded')) ctx.throw(415);
  const chunks = [];
  let size = 0;
  for await (const chunk of ctx.req) {
    size += chunk.length;
    if (size > BODY_LIMIT) ctx.throw(413);
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

export function interactions(provider, issuer, users) {
  async function show(ctx, interaction, problem) {
    const { prompt, params } = interaction;
    const client = await provider.Client.find(params.client_id);
    const page = prompt.name === 'login' ? loginPage : consentPage;
    ctx.type = 'html';
    ctx.body = page({ client, token: tokenOf(interaction), scopes: prompt.details.missingOIDCScope ?? [], problem });
  }

  async function login(ctx, interaction, form) {
    const user = users.find(({ username }) => username === form.get('username'));
    const right = equal(user?.password ?? '', form.get('password') ?? '');
    if (!user || !right) return show(ctx, interaction, 'User name or password is wrong.');
    return finish(ctx, { login: { accountId: user.username } });
  }

  async function consent(ctx, interaction, form) {
    switch (form.get('decision')) {
      case 'allow': {
        const grant = new provider.Grant({
          accountId: interaction.session.accountId,
          clientId: interaction.params.client_id,
        });
        grant.addOIDCScope(interaction.prompt.details.missingOIDCScope ?? []);
        return finish(ctx, { consent: { grantId: await grant.save() } });
      }
      case 'deny':
        return finish(ctx, { error: 'access_denied', error_description: 'the user said no' });
      default:
        return show(ctx, interaction, 'Please decide.');
    }
  }

  async function finish(ctx, result) {
    ctx.status = 303;
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
  }

  return async function interact(ctx, next) {
    const uid = /^\/interaction\/([\w-]+)$/.exec(ctx.path)?.[1];
    if (uid === undefined || !['GET', 'POST'].includes(ctx.method)) return next();

    let interaction;
    try {
      interaction = await provider.interactionDetails(ctx.req, ctx.res);
    } catch (error) {
      if (!error.expose) throw error;
    }
    if (interaction?.uid !== uid) return messagePage(ctx, 400, 'This request is over, or was begun in another browser.');

    if (ctx.method === 'GET') return show(ctx, interaction);
    const form = await readForm(ctx);
    const foreign = ctx.get('Origin') !== '' && ctx.get('Origin') !== issuer;
    if (foreign || !equal(form.get('csrf') ?? '', tokenOf(interaction))) {
      return messagePage(ctx, 403, 'This form does not belong to the request that you see.');
    }
    return interaction.prompt.name === 'login' ? login(ctx, interaction, form) : consent(ctx, interaction, form);
  };
}
