// Shows a tree that the server has drawn.
export default ({ data, parentElement }) => {
  const place = parentElement.querySelector(".drawing");
  if (place.dataset.shown !== data) { place.innerHTML = data; place.dataset.shown = data; }
}
