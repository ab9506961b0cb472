/*
 * The page where a person approves a device. Its session is kept in memory alone, and ends with the decision. A sign-in
 * through a provider leaves the page: what is needed afterwards is kept in this tab until the browser comes back.
 */

import { Problem, sendOperation } from './send-operation.js'

const keptSignIn = 'postern-device-sign-in'

/**
 * @typedef {{ deviceName: string, clientId: string, ipAddress: string | null, userAgent: string | null,
 *   createdAt: string }} DeviceRequest
 */
/** @typedef {{ sessionToken?: string | null, viewer?: { user: { username: string } | null } | null }} SignedIn */

/** @type {string | null} */
let sessionToken = null
let isBusy = false
let userCode = new URLSearchParams(location.search).get('user_code') ?? ''

const message = element('message')

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`The page has no element ${id}.`)
  return found
}

/**
 * @param {string} query
 * @param {Record<string, unknown>} variables
 */
const ask = (query, variables) => sendOperation(sessionToken, query, variables)

/**
 * @param {string} text
 * @param {boolean} [isError]
 */
function say(text, isError = false) {
  message.textContent = text
  message.className = isError ? 'error' : ''
}

/**
 * Shows one section, and moves the focus into it.
 * @param {'sign-in' | 'enter' | 'decide' | null} name
 */
function show(name) {
  for (const id of ['sign-in', 'enter', 'decide']) element(id).hidden = id !== name
  if (name === null) message.focus()
  else if (name === 'decide') element('decide-title').focus()
  else element(name).querySelector('input')?.focus()
}

/**
 * Does something that the person asked for, once at a time, and tells what went wrong.
 * @param {() => Promise<void>} work
 */
async function run(work) {
  // Buttons stay enabled: a disabled one would lose the focus.
  if (isBusy) return
  isBusy = true
  say('')
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    say(error.message, true)
  } finally {
    isBusy = false
  }
}

/**
 * @param {string} id
 * @param {(values: Record<string, string>) => Promise<void>} work
 */
function onSubmit(id, work) {
  const form = element(id)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (!(form instanceof HTMLFormElement)) return
    const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]))
    void run(() => work(values))
  })
}

/** @param {unknown} payload */
async function goOnAs(payload) {
  const { sessionToken: token, viewer } = /** @type {SignedIn} */ (payload)
  sessionToken = token ?? null
  element('username').textContent = viewer?.user?.username ?? ''
  const passwordForm = element('password-form')
  if (passwordForm instanceof HTMLFormElement) passwordForm.reset()
  const input = element('code-form').querySelector('input')
  if (input !== null) input.value = userCode
  show('enter')
  if (userCode !== '') await look()
}

const signedIn = 'sessionToken viewer { user { username } } userErrors { message }'

onSubmit('password-form', async ({ username, password }) => {
  const query = `mutation ($input: SignInInput!) { signIn(input: $input) { ${signedIn} } }`
  await goOnAs(await ask(query, { input: { username, password } }))
})

onSubmit('provider-form', async ({ organization }) => {
  const query = `mutation ($input: StartSsoSignInInput!) {
    startSsoSignIn(input: $input) { authorizationUrl signInToken userErrors { message } }
  }`
  const redirectUri = location.origin + location.pathname
  const started = /** @type {{ authorizationUrl: string, signInToken: string }} */ (
    await ask(query, { input: { organization, redirectUri } })
  )
  sessionStorage.setItem(keptSignIn, JSON.stringify({ signInToken: started.signInToken, userCode }))
  location.assign(started.authorizationUrl)
})

onSubmit('code-form', async (values) => {
  userCode = values.userCode ?? ''
  await look()
})

async function look() {
  const query = `query ($userCode: String!) {
    deviceRequest(userCode: $userCode) { deviceName clientId ipAddress userAgent createdAt }
  }`
  const device = /** @type {DeviceRequest | null} */ (await ask(query, { userCode }))
  if (device === null)
    throw new Problem('No device waits with this code. Check the letters, or have the device show a new code.')
  const letters = userCode.replace(/[^a-z]/gi, '').toUpperCase()
  // As text, never as HTML: the device chose its names.
  element('code').textContent = `${letters.slice(0, 4)}-${letters.slice(4)}`
  element('device-name').textContent = device.deviceName
  element('client-id').textContent = device.clientId
  element('ip-address').textContent = device.ipAddress ?? 'unknown'
  element('user-agent').textContent = device.userAgent ?? 'unknown'
  element('created-at').textContent = new Date(device.createdAt).toLocaleString()
  show('decide')
}

/**
 * @param {'approveDevice' | 'denyDevice'} mutation
 * @param {string} outcome
 */
function decideOnClick(mutation, outcome) {
  return () =>
    run(async () => {
      const query = `mutation ($userCode: String!) { ${mutation}(userCode: $userCode) { userErrors { message } } }`
      await ask(query, { userCode })
      // The session was for this alone. The device has its own.
      await ask('mutation { signOut { userErrors { message } } }', {}).catch(() => undefined)
      sessionToken = null
      say(outcome)
      show(null)
    })
}

element('approve').addEventListener(
  'click',
  decideOnClick('approveDevice', 'Approved. The device signs in within seconds. You can close this page.'),
)
element('deny').addEventListener('click', decideOnClick('denyDevice', 'Denied. You can close this page.'))

/** Completes a sign-in through a provider that has sent the browser back; otherwise asks the person to sign in. */
async function begin() {
  const kept = sessionStorage.getItem(keptSignIn)
  const parameters = new URLSearchParams(location.search)
  show('sign-in')
  if (kept === null || !(parameters.has('code') || parameters.has('error'))) return
  sessionStorage.removeItem(keptSignIn)
  const { signInToken, userCode: code } = JSON.parse(kept)
  const callbackUrl = location.href
  userCode = code
  // The code of the provider counts once, and has no place in the history.
  history.replaceState(null, '', location.pathname)
  const query = `mutation ($input: CompleteSsoSignInInput!) { completeSsoSignIn(input: $input) { ${signedIn} } }`
  await goOnAs(await ask(query, { input: { signInToken, callbackUrl } }))
}

void run(begin)
