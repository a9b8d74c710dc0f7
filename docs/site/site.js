// The theme wraps wide tables as it starts; people without a mouse scroll them by key.
{
  const reach = () => {
    for (const wrap of document.querySelectorAll(".md-typeset__scrollwrap")) {
      wrap.tabIndex = 0;
    }
  };
  new MutationObserver(reach).observe(document.body, { childList: true, subtree: true });
  reach();
}
