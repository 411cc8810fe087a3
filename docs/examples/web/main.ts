// A page with sign-up, sign-in, posts and likes. The sign-in lasts in a cookie that no script reads.

import {
  ApiError, createClient, createOnce, createPost, followUser, getFeed, getMe, likePost, listPostsWithCounts,
  pages, type PostWithCounts, register, sendVerification, unlikePost, type User,
} from 'api-client';

declare const API_URL: string; // vite.config.mjs defines it

const PAGE = 10;
const lists = { everyone: listPostsWithCounts, feed: getFeed };
const client = createClient({ baseUrl: API_URL, cookie: true });
const otherTabs = new BroadcastChannel('changes');
const liked = new Set<number>(); // since this page was opened: the API says how many users like a post, not who

let me: User | undefined;
let chosen: keyof typeof lists = 'everyone';
let posts: AsyncGenerator<PostWithCounts[]>;

function find<E extends HTMLElement = HTMLElement>(selector: string, within: ParentNode = document): E {
  return within.querySelector<E>(selector)!;
}

function explain(error: unknown): string {
  if (!(error instanceof ApiError)) throw error; // a mistake in this page
  switch (error.code) {
    case 'unauthorized':
      return 'Please sign in.';
    case 'invalid_credentials':
      return 'That name and password do not match.';
    case 'rate_limited':
      return `Please try again in ${error.retryAfter} seconds.`;
    case 'network_error':
      return `${API_URL} does not answer. Does make run still run? Please try again.`;
    case 'validation_error':
      return (error.details?.errors ?? []).map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join('; ');
    default:
      return `${error.message} (${error.requestId})`;
  }
}

/** Does what the user asked for, once at a time, and shows why it failed. */
async function attempt(control: HTMLElement, work: () => Promise<void>): Promise<void> {
  if (control.ariaBusy === 'true') return;
  control.ariaBusy = 'true';
  find('#error').textContent = '';
  try {
    await work();
  } catch (error) {
    find('#error').textContent = explain(error);
  } finally {
    control.ariaBusy = 'false';
  }
}

function onClick(button: HTMLElement, work: () => Promise<void>): void {
  button.addEventListener('click', () => attempt(button, work));
}

function onSubmit(form: HTMLFormElement, work: (field: (name: string) => string) => Promise<void>): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const fields = new FormData(form);
    void attempt(form, async () => {
      await work((name) => String(fields.get(name)));
      form.reset();
    });
  });
}

/** Shows who is signed in, if anybody, and their posts. */
async function showAll(): Promise<void> {
  me = await getMe({ client }).catch((error: ApiError) => {
    if (error.code !== 'unauthorized') throw error;
    return undefined;
  });
  find('#visitor').hidden = me !== undefined;
  find('#member').hidden = find('#account').hidden = me === undefined;
  find('#name').textContent = me?.username ?? '';
  find('#address').textContent = me?.email ?? '';
  find('#unverified').hidden = me?.email_verified ?? true;
  if (me) await showPosts();
}

/** Shows the chosen list from its begin, as many rows as are shown now, and a page at least. */
async function showPosts(least = find('#posts').children.length): Promise<void> {
  posts = pages(lists[chosen], { client, query: { limit: PAGE } });
  const rows: HTMLElement[] = [];
  let page: HTMLElement[];
  do rows.push(...(page = await nextPage()));
  while (page.length === PAGE && rows.length < least);
  find('#posts').replaceChildren(...rows);
  find('#none').hidden = rows.length > 0;
}

async function nextPage(): Promise<HTMLElement[]> {
  const { value } = await posts.next();
  find('#more').hidden = value?.length !== PAGE;
  return (value ?? []).map(row);
}

function row(post: PostWithCounts): HTMLElement {
  const made = find<HTMLTemplateElement>('#post').content.cloneNode(true) as DocumentFragment;
  const [like, follow] = [find('.like', made), find('.follow', made)];
  const time = find<HTMLTimeElement>('time', made);
  find('b', made).textContent = post.username;
  find('.content', made).textContent = post.content;
  find('.like span', made).textContent = String(post.likes_count);
  time.dateTime = post.timestamp;
  time.textContent = new Date(post.timestamp).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  like.ariaPressed = String(liked.has(post.id));
  onClick(like, async () => {
    const isNew = !liked.has(post.id);
    await (isNew ? likePost : unlikePost)({ client, path: { id: post.id } });
    liked[isNew ? 'add' : 'delete'](post.id);
    await postsChanged();
  });
  follow.hidden = chosen === 'feed' || post.owner_id === me?.id;
  onClick(follow, async () => {
    await followUser({ client, path: { id: post.owner_id } });
    follow.textContent = 'Followed';
  });
  return find('li', made);
}

async function postsChanged(): Promise<void> {
  otherTabs.postMessage('posts');
  await showPosts();
}

async function sessionChanged(): Promise<void> {
  otherTabs.postMessage('session');
  await showAll();
}

onSubmit(find('#sign-in'), async (field) => {
  await client.signIn({ username: field('username'), password: field('password') });
  await sessionChanged();
});
onSubmit(find('#sign-up'), async (field) => {
  const [username, email, password] = [field('username'), field('email'), field('password')];
  await createOnce(register, { client, body: { username, email, password } });
  await client.signIn({ username, password });
  await sessionChanged();
});
onSubmit(find('#write'), async (field) => {
  await createOnce(createPost, { client, body: { content: field('content') } });
  await postsChanged();
});
onClick(find('#sign-out'), () => client.signOut().finally(sessionChanged));
onClick(find('#send-again'), async () => {
  if (me?.email) await sendVerification({ client, body: { email: me.email } });
});
onClick(find('#more'), async () => find('#posts').append(...(await nextPage())));
for (const button of document.querySelectorAll<HTMLButtonElement>('nav button')) {
  onClick(button, async () => {
    chosen = button.value as keyof typeof lists;
    for (const each of document.querySelectorAll('nav button')) each.ariaPressed = String(each === button);
    await showPosts(PAGE);
  });
}

otherTabs.onmessage = ({ data }) => {
  if (data === 'session') location.reload();
  else void attempt(find('#posts'), () => showPosts());
};
addEventListener('focus', () => {
  if (me?.email_verified === false) void attempt(find('#unverified'), showAll); // back from the mail
});
find<HTMLAnchorElement>('#mailbox').href = `${API_URL}/_local/mail`;
void attempt(document.body, showAll);
